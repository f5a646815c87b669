"""The account's other jobs: several lists, full and in part, tables, and days on which nothing runs."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from support.exportfolder import NAME, Export, feed, read

from responsys_sandbox.account import Account, AccountPlan
from responsys_sandbox.exportoptions import ExportOptions

if TYPE_CHECKING:
    from pathlib import Path

CONTACTS = 200


def exported(
    folder: Path, days: int, *, leaving: float = 0, start: date = date(2026, 3, 4), **options: Any
) -> list[Path]:
    plan = AccountPlan(contacts=CONTACTS, start=start, leaving=leaving, exports=ExportOptions(**options))
    return Account(folder, plan).add_days(days)


def named(paths: list[Path], prefix: str, suffix: str = ".csv") -> list[Export]:
    return [read(path) for path in paths if path.name.startswith(prefix) and path.suffix == suffix]


def riids(export: Export) -> set[str]:
    return {row["RIID_"] for row in export.rows}


def test_files_have_the_time_of_their_jobs_run(tmp_path: Path) -> None:
    plan = AccountPlan(contacts=40, exports=ExportOptions(count_extension="count", utc_offset=0))
    account = Account(tmp_path, plan)
    halves: list[Path] = []
    written = account.add_days(2) + account.add_days(half_way=halves.append)
    written += account.add_sample("SMS_SENT", 3)
    assert halves
    for path in written:
        run_at = plan.clock.run_at((path.stat().st_mtime_ns // 10**9 - plan.clock.run_at(0)) // 86_400)
        assert 0 <= path.stat().st_mtime - run_at < 4_000
        if match := NAME.match(path.name):
            hour, minute, second = (int(match["time"][place : place + 2]) for place in (0, 2, 4))
            assert path.stat().st_mtime % 86_400 == hour * 3600 + minute * 60 + second
    for path in written:
        twins = [other for other in written if other.stem == path.stem]
        assert len(twins) == 3
        assert len({other.stat().st_mtime_ns for other in twins}) == 1


def test_a_second_list_has_files_and_members_of_its_own(tmp_path: Path) -> None:
    paths = exported(tmp_path, 3, second_list_name="VIP_{kind}_{stamp}.csv", second_list_share=0.3)
    vips = named(paths, "VIP_full_")
    everybody = named(paths, "CONTACT_LIST_")
    assert len(vips) == len(everybody) == 3
    assert 0.2 * CONTACTS < len(riids(vips[0])) < 0.4 * CONTACTS
    assert riids(vips[0]) < riids(everybody[0])
    assert riids(vips[0]) <= riids(vips[1]) <= riids(vips[2])
    assert len(everybody[1].rows) < len(vips[1].rows)


@pytest.mark.parametrize(
    ("full", "start", "kinds"),
    [
        ("first", date(2026, 3, 30), "fddddddd"),
        ("daily", date(2026, 3, 30), "ffffffff"),
        ("weekly", date(2026, 3, 30), "fddddddf"),
        ("monthly", date(2026, 3, 30), "fdfddddd"),
    ],
)
def test_full_and_delta_exports_are_mixed(tmp_path: Path, full: str, start: date, kinds: str) -> None:
    paths = exported(tmp_path, 8, start=start, contacts_full=full, contacts_name="LIST_{stamp}_{kind}.csv")
    lists = named(paths, "LIST_")
    assert "".join(export.path.stem.rpartition("_")[2][0] for export in lists) == kinds
    for export, kind in zip(lists, kinds, strict=True):
        assert (len(export.rows) >= CONTACTS) == (kind == "f")


def test_who_has_left_the_list_is_missing_from_the_next_full_export(tmp_path: Path) -> None:
    paths = exported(tmp_path, 6, leaving=0.05, contacts_full="daily")
    lists = named(paths, "CONTACT_LIST_")
    gone = [riids(before) - riids(after) for before, after in pairwise(lists)]
    assert all(0 < len(left) < CONTACTS / 10 for left in gone)
    assert len(set.union(*gone)) == sum(map(len, gone))
    assert not set.union(*gone) & riids(lists[-1])
    ids = [row["RIID_"] for row in lists[-1].rows]
    assert len(ids) == len(set(ids))


def test_without_leaving_an_account_lives_as_ever(tmp_path: Path) -> None:
    plain = exported(tmp_path / "plain", 2)
    more = exported(tmp_path / "more", 2, second_list_name="B_{stamp}.csv", extension_name="PET.csv")
    assert {path.name: path.read_bytes() for path in plain}.items() <= {
        path.name: path.read_bytes() for path in more
    }.items()


def test_leaving_is_part_of_what_an_account_is(tmp_path: Path) -> None:
    Account(tmp_path, AccountPlan(contacts=40, leaving=0.01)).add_days()
    assert Account(tmp_path).plan.leaving == 0.01


def test_tables_are_exported_in_full_each_day(tmp_path: Path) -> None:
    paths = exported(
        tmp_path, 2, extension_name="LOYALTY_{stamp}.csv", supplemental_name="STORES_{stamp}.txt"
    )
    first, second = named(paths, "LOYALTY_")
    assert first.header == ["RIID_", "LOYALTY_POINTS", "LAST_PURCHASE_DATE", "FAVOURITE_STORE"]
    assert 0 < len(riids(first)) == len(first.rows) < CONTACTS
    assert riids(first) <= riids(second)
    assert any(row not in first.rows for row in second.rows if row["RIID_"] in riids(first))
    stores, again = named(paths, "STORES_", ".txt")
    assert "RIID_" not in stores.header
    assert stores.rows == again.rows
    assert {row["FAVOURITE_STORE"] for row in first.rows} <= {row["STORE_ID"] for row in stores.rows}
    assert sum(path.suffix == ".ready" and "STORES" in path.name for path in paths) == 2


def test_what_a_silent_day_left_comes_with_the_next_run(tmp_path: Path) -> None:
    whole = exported(tmp_path / "whole", 5, duplicates=0)
    account = Account(
        tmp_path / "gap",
        AccountPlan(contacts=CONTACTS, exports=ExportOptions(duplicates=0, silent_days=(2, 3))),
    )
    gap = [path for _ in range(5) for path in account.add_days()]
    assert {path.name[:8] for path in gap if NAME.match(path.name)} == {
        path.name[:8] for path in whole if NAME.match(path.name)
    }
    dates = {match["date"] for path in gap if (match := NAME.match(path.name))}
    assert dates == {"20260304", "20260305", "20260308"}
    for stem in ("SENT", "OPEN", "OPT_IN"):
        rows = [Counter(tuple(row.items()) for row in feed(paths, stem)) for paths in (whole, gap)]
        assert rows[0] == rows[1]
    changed = named(gap, "CONTACT_LIST_20260308")[0]
    assert riids(changed) == set.union(*map(riids, named(whole, "CONTACT_LIST_")[2:]))


def test_a_silent_first_day_leaves_the_full_list_to_the_second(tmp_path: Path) -> None:
    paths = exported(tmp_path, 2, silent_days=(0,))
    (only,) = named(paths, "CONTACT_LIST_")
    assert len(only.rows) >= CONTACTS


@pytest.mark.parametrize(
    "wrong",
    [
        {"second_list_name": "contacts"},
        {"extension_name": "a/b.csv"},
        {"extension_name": "T.csv", "supplemental_name": "T.csv"},
    ],
)
def test_file_names_that_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"name"):
        ExportOptions(**wrong)
