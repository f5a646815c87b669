"""The daily exports of a default account, against connect-exports.md."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from support.exportfolder import NAME, Export, feed, feed_files, moment, read

from responsys_sandbox.account import Account, AccountPlan
from responsys_sandbox.exportoptions import EMAIL_FEEDS

DAYS = 14
LAYOUTS = Path(__file__).parents[2] / "responsys-sandbox/responsys_sandbox/data/ced-layouts.yaml"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    account = Account(tmp_path_factory.mktemp("account"), AccountPlan(contacts=400))
    return account.add_days(DAYS)


@pytest.fixture(scope="module")
def exports(written: list[Path]) -> list[Export]:
    return [read(path) for path in written if path.suffix == ".txt"]


@pytest.fixture(scope="module")
def lists(written: list[Path]) -> list[Export]:
    return [read(path) for path in written if path.suffix == ".csv"]


def test_names_carry_account_feed_and_a_stamp_of_their_own(written: list[Path]) -> None:
    names = [name for path in written if path.suffix == ".txt" and (name := NAME.match(path.name))]
    assert len(names) == DAYS * len(EMAIL_FEEDS)
    assert {name["stem"] for name in names} == set(EMAIL_FEEDS)
    assert len({name["account"] for name in names}) == 1
    for date in {name["date"] for name in names}:
        stamps = [name["time"] for name in names if name["date"] == date]
        assert len(set(stamps)) == len(EMAIL_FEEDS)
        assert stamps == sorted(stamps)


def test_stamps_are_in_the_accounts_zone_and_rows_in_utc(exports: list[Export]) -> None:
    for export in exports:
        name = NAME.match(export.path.name)
        assert name
        local = moment("01-Jan-2000 00:00:00").strptime(name["date"] + name["time"], "%Y%m%d%H%M%S")
        run_at = local.replace(tzinfo=moment("01-Jan-2000 00:00:00").tzinfo) + timedelta(hours=6)
        stored = [moment(row["EVENT_STORED_DT"]) for row in export.rows]
        assert all(run_at - timedelta(days=1, minutes=1) < time <= run_at for time in stored)


def test_headers_are_the_layouts_columns_and_the_accounts_own(exports: list[Export]) -> None:
    text = LAYOUTS.read_text(encoding="utf-8")
    layouts = {entry["stem"]: entry for entry in yaml.load(text, yaml.CSafeLoader)["feeds"]}
    for export in exports:
        name = NAME.match(export.path.name)
        assert name
        layout = layouts[name["stem"]]
        standard = [column["name"] for column in layout["columns"]]
        add_ons = {column["name"] for column in layout.get("optional_columns", ())}
        assert [column for column in export.header if column in standard] == standard
        own = [column for column in export.header if column not in standard and column not in add_ons]
        assert own[:2] == ["LOYALTY_TIER", "STORE_ID"]
        assert own[2:] == (["CAMPAIGN_THEME"] if name["stem"] in ("SENT", "LAUNCH_STATE") else [])
        after = layout["custom_columns_default_position"].removeprefix("after_")
        assert export.header[export.header.index("LOYALTY_TIER") - 1] == after
        assert all(column.isupper() for column in export.header)


def test_bytes_are_utf_8_without_mark_and_with_line_feeds(written: list[Path]) -> None:
    texts = [path.read_bytes() for path in written]
    assert not any(text.startswith(b"\xef\xbb\xbf") for text in texts)
    assert not any(b"\r" in text for text in texts)
    assert all(text.endswith(b"\n") for text in texts)
    assert any("é".encode() in text for text in texts)


def test_every_field_is_quoted_but_null_ones_of_the_derived_column(written: list[Path]) -> None:
    field = re.compile(r'"(?:[^"]|"")*"')
    bare: Counter[str] = Counter()
    for path in (path for path in written if path.suffix != ".ready"):
        for line in path.read_text(encoding="utf-8").splitlines():
            rest = field.sub("x", line).replace("x", "").replace(",", "", line.count(","))
            assert not rest
            if line.endswith(",") or ",," in field.sub("x", line):
                bare[path.name.split("_", 1)[1].rsplit("_", 2)[0]] += 1
    assert set(bare) == {"SENT", "LAUNCH_STATE"}


def test_quotes_are_doubled_and_templates_are_left_alone(written: list[Path]) -> None:
    subjects = {row["SUBJECT"] for row in feed(written, "LAUNCH_STATE")}
    assert 'New: tents, stoves & the "Nord" sleeping bag' in subjects
    assert any("${FIRST_NAME}" in subject for subject in subjects)
    assert any("<#if" in subject for subject in subjects)
    assert any("${" in row["OFFER_URL"] for row in feed(written, "CLICK"))
    path = feed_files(written, "LAUNCH_STATE")[1]
    assert '""Nord""' in "".join(other.read_text() for other in feed_files(written, "LAUNCH_STATE")), path


def test_times_have_oracles_form(exports: list[Export]) -> None:
    form = re.compile(r"\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d")
    for export in exports:
        for row in export.rows:
            for name in ("EVENT_CAPTURED_DT", "EVENT_STORED_DT"):
                assert form.fullmatch(row[name])
            assert moment(row["EVENT_CAPTURED_DT"]) <= moment(row["EVENT_STORED_DT"])


def test_oddities_of_real_files_are_there(written: list[Path]) -> None:
    sent = feed(written, "SENT")
    assert any(row["OFFER_SIGNATURE_ID"].startswith("-") for row in sent)
    assert any(not row["OFFER_SIGNATURE_ID"] for row in sent)
    assert any(not row["CUSTOMER_ID"] for row in sent)
    assert max(int(row["RIID"]) for row in sent) > 2**32
    bounces = feed(written, "BOUNCE")
    assert {row["CUSTOMER_ID"] for row in bounces} == {""}
    assert {row["BOUNCE_TYPE"] for row in bounces} == {"H", "S"}
    assert {row["EMAIL_ISP"] for row in feed(written, "FAIL")} == {" "}
    opt_outs = feed(written, "OPT_OUT")
    assert any(row["LAUNCH_ID"] for row in opt_outs)
    assert any(row["SOURCE"] == "Unsubscribe Page/Link" for row in opt_outs)


def test_every_message_belongs_to_a_launch_and_few_launches_have_names(written: list[Path]) -> None:
    launches = {row["LAUNCH_ID"]: row for row in feed(written, "LAUNCH_STATE")}
    for row in feed(written, "SENT"):
        launch = launches[row["LAUNCH_ID"]]
        assert launch["CAMPAIGN_NAME"]
        assert launch["CAMPAIGN_ID"] == row["CAMPAIGN_ID"]
    named = [launch["LAUNCH_NAME"] for launch in launches.values() if launch["LAUNCH_NAME"]]
    assert 0 < len(named) < len(launches) / 2


def test_custom_values_stand_where_oracle_fills_them(written: list[Path]) -> None:
    assert all(row["STORE_ID"] for stem in ("SENT", "SKIPPED", "FAIL") for row in feed(written, stem)
               if row["RIID"] != "-1")  # fmt: skip
    clicks = feed(written, "CLICK")
    assert {bool(row["STORE_ID"]) for row in clicks} == {True, False}
    assert all(bool(row["STORE_ID"]) == ("STORE_ID=" in row["OFFER_URL"]) for row in clicks)
    for stem in ("BOUNCE", "OPEN", "OPT_OUT", "LAUNCH_STATE"):
        assert not any(row["STORE_ID"] for row in feed(written, stem))


def test_exact_duplicates_occur_most_of_all_in_launch_states(exports: list[Export]) -> None:
    repeated: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for export in exports:
        name = NAME.match(export.path.name)
        assert name
        total[name["stem"]] += len(export.rows)
        repeated[name["stem"]] += len(export.rows) - len({tuple(row.items()) for row in export.rows})
    assert 0 < repeated["SENT"] < total["SENT"] / 50
    assert repeated["LAUNCH_STATE"] / total["LAUNCH_STATE"] > repeated["SENT"] / total["SENT"]


def test_rows_stand_roughly_but_not_strictly_in_times_order(written: list[Path]) -> None:
    backward = forward = 0
    for path in feed_files(written, "OPEN"):
        times = [moment(row["EVENT_STORED_DT"]) for row in read(path).rows]
        forward += sum(1 for one, other in pairwise(times) if one < other)
        backward += sum(1 for one, other in pairwise(times) if one > other)
    assert 0 < backward < forward * 1.2


def test_a_ready_file_comes_last_and_counts_the_records(written: list[Path]) -> None:
    names = [path.name for path in written]
    data = [path for path in written if path.suffix != ".ready"]
    assert len(data) * 2 == len(names)
    for path in data:
        ready = path.with_suffix(".ready")
        assert names.index(ready.name) > names.index(path.name)
        assert int(ready.read_text()) == len(read(path).rows)


def test_nothing_else_lies_on_the_server(written: list[Path]) -> None:
    assert {path.name for path in written[0].parent.iterdir()} == {path.name for path in written}


def test_the_first_list_is_full_and_later_ones_hold_what_changed(lists: list[Export]) -> None:
    assert len(lists) == DAYS
    assert all(re.fullmatch(r"CONTACT_LIST_\d{8}_\d{6}\.csv", export.path.name) for export in lists)
    first, *later = lists
    assert len(first.rows) >= 400
    known = {row["RIID_"] for row in first.rows}
    for before, export in pairwise(lists):
        newest = max(row["MODIFIED_DATE_"] for row in before.rows)
        assert 0 < len(export.rows) < 60
        assert all(row["MODIFIED_DATE_"] > newest for row in export.rows)
    assert {row["RIID_"] in known for export in later for row in export.rows} == {True, False}


def test_list_fields_have_the_documented_names_and_forms(lists: list[Export]) -> None:
    custom = {name for name in lists[0].header if not name.endswith("_")}
    assert custom == {"FIRST_NAME", "LAST_NAME", "LOYALTY_TIER", "STORE_ID"}
    assert {"RIID_", "CUSTOMER_ID_", "EMAIL_ADDRESS_", "MODIFIED_DATE_"} < set(lists[0].header)
    for row in lists[0].rows:
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", row["MODIFIED_DATE_"])
        assert row["CREATED_DATE_"] <= row["MODIFIED_DATE_"]
        assert row["EMAIL_PERMISSION_STATUS_"] in ("I", "O")
        assert row["EMAIL_ADDRESS_"].isascii()
        assert row["EMAIL_ADDRESS_"].endswith(("example.com", "example.net", "example.org"))
    assert len({row["EMAIL_ADDRESS_"] for row in lists[0].rows}) == len(lists[0].rows)


def test_events_and_list_agree_on_who_has_left(written: list[Path], lists: list[Export]) -> None:
    last = {row["RIID_"]: row for export in lists for row in export.rows}
    for row in feed(written, "BOUNCE"):
        if row["BOUNCE_TYPE"] == "H":
            assert last[row["RIID"]]["EMAIL_DELIVERABILITY_STATUS_"] == "U"
    joined = {row["RIID"] for row in feed(written, "OPT_IN")}
    left = {row["RIID"] for row in feed(written, "OPT_OUT")} - joined
    assert left
    assert {last[riid]["EMAIL_PERMISSION_STATUS_"] for riid in left} == {"O"}


def test_a_row_is_a_line(written: list[Path]) -> None:
    for path in (path for path in written if path.suffix != ".ready"):
        text = path.read_text(encoding="utf-8")
        assert len(list(csv.reader(text.splitlines()))) == text.count("\n")
