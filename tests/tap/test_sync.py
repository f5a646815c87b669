"""The tap as a command against OpenSSH: what comes out, what a second run brings."""

from __future__ import annotations

import gzip
import io
import json
import os
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from support.exports import OPEN_HEADER, delimited, open_row, write, write_contacts, write_opens

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.plugins import Run

    Tap = Callable[..., Run]


def riids(run: Run, stream: str = "open") -> list[int]:
    return [record["RIID"] for record in run.records.get(stream, [])]


def test_rows_are_typed_keyed_and_say_where_they_come_from(tap: Tap, download: Path) -> None:
    write_opens(download, 3, [7])
    run = tap()
    assert run.exit_code == 0
    assert run.records["open"] == [
        {
            "EVENT_TYPE_ID": 4, "ACCOUNT_ID": 1234, "LIST_ID": 77, "RIID": 7, "CUSTOMER_ID": "c7",
            "EVENT_CAPTURED_DT": "2019-01-03T13:00:07+00:00", "EVENT_STORED_DT": "2019-01-03T13:00:07+00:00",
            "CAMPAIGN_ID": 55, "LAUNCH_ID": 66, "EMAIL_FORMAT": "H",
            "_sdc_source_file": "1234_OPEN_20190103_060500.txt", "_sdc_source_lineno": 2,
            "_sdc_last_modified": "2019-01-06T07:20:00+00:00",
        }
    ]  # fmt: skip
    assert run.schemas["open"]["key_properties"] == ["_sdc_source_file", "_sdc_source_lineno"]


def test_a_second_run_brings_nothing_and_the_next_days_file_comes_once(tap: Tap, download: Path) -> None:
    write_opens(download, 3, [1, 2])
    first = tap()
    second = tap(state=first.state)
    assert (riids(first), riids(second)) == ([1, 2], [])
    assert second.state == first.state
    write_opens(download, 4, [3])
    third = tap(state=second.state)
    assert riids(third) == [3]


def test_late_files_and_files_of_the_same_second_are_not_missed(tap: Tap, download: Path) -> None:
    write_opens(download, 4, [4])
    first = tap()
    write_opens(download, 3, [3])
    os.utime(download / "1234_OPEN_20190103_060500.txt", (1_000_000_000, 1_000_000_000))
    twin = write_opens(download, 4, [5], account=1235)
    assert twin.stat().st_mtime == (download / "1234_OPEN_20190104_060500.txt").stat().st_mtime
    assert riids(tap(state=first.state)) == [3, 5]


def test_a_file_delivered_again_with_other_content_is_read_again(tap: Tap, download: Path) -> None:
    write_opens(download, 3, [1, 2])
    first = tap()
    write_opens(download, 3, [1, 2, 3])
    assert riids(tap(state=first.state)) == [1, 2, 3]


def test_nothing_changes_on_the_server(tap: Tap, download: Path) -> None:
    write_opens(download, 3, [1])
    before = [(path.name, path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(download.iterdir())]
    tap()
    assert [(p.name, p.stat().st_mtime_ns, p.read_bytes()) for p in sorted(download.iterdir())] == before


def test_a_channels_feed_is_no_other_channels(tap: Tap, download: Path) -> None:
    header = ("RIID", "CAMPAIGN_ID")
    write(download / "1234_CLICK_20190103_060500.txt", [header, ("1", "5")])
    write(download / "1234_SMS_CLICK_20190103_060500.txt", [header, ("2", "6")])
    run = tap()
    assert (riids(run, "click"), riids(run, "sms_click")) == ([1], [2])


def test_a_bounce_feed_without_customer_id_is_read(tap: Tap, download: Path) -> None:
    write(
        download / "1234_BOUNCE_20190103_060500.txt",
        [("EVENT_TYPE_ID", "RIID", "BOUNCE_TYPE"), ("2", "9", "H")],
    )
    (record,) = tap().records["bounce"]
    assert (record["RIID"], record["BOUNCE_TYPE"]) == (9, "H")
    assert "CUSTOMER_ID" not in record


@pytest.mark.parametrize(
    "name",
    [
        "1234_OPEN_20190103_060500.zip",
        "1234_OPEN_20190103_060500.txt.zip",
        "1234_OPEN_20190103_060500.txt.gz",
        "1234_OPEN_20190103_060500.csv",
    ],
)
def test_packed_files_of_every_naming(name: str, tap: Tap, download: Path) -> None:
    data = delimited([OPEN_HEADER, *map(open_row, range(4_000))])
    if name.endswith("gz"):
        data = gzip.compress(data)
    elif name.endswith("zip"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("export without extension", data)
        data = packed.getvalue()
    (download / name).write_bytes(data)
    run = tap()
    assert run.exit_code == 0
    assert riids(run) == list(range(4_000))
    assert {record["_sdc_source_file"] for record in run.records["open"]} == {name}


def test_contacts_have_a_readable_status_and_custom_columns(tap: Tap, download: Path) -> None:
    write_contacts(download, "CONTACT_LIST_20190103.csv", [
        (1, "I", "2019-01-03 01:00:00"), (2, "O", "2019-01-03 01:00:00"), (3, "", "2019-01-03 01:00:00"),
    ])  # fmt: skip
    run = tap()
    contacts = run.records["contacts"]
    assert [(row["RIID_"], row["subscription_status"]) for row in contacts] == [
        (1, "subscribed"), (2, "unsubscribed"), (3, None),
    ]  # fmt: skip
    assert {row["LOYALTY"] for row in contacts} == {"gold"}
    assert run.schemas["contacts"]["key_properties"] == ["RIID_"]
    assert run.schemas["contacts"]["schema"]["properties"]["LOYALTY"]["type"] == ["string", "null"]


@pytest.mark.parametrize("newer_first", [False, True])
@pytest.mark.parametrize(
    "names",
    [
        ("CONTACT_LIST_20190103.csv", "CONTACT_LIST_20190104.csv"),
        ("B_CONTACT_LIST.csv", "A_CONTACT_LIST.csv"),
    ],
)
def test_a_destination_that_merges_by_key_keeps_the_newest_contact(
    names: tuple[str, str], newer_first: bool, tap: Tap, download: Path
) -> None:
    """Full list and delta, in either order of arrival, with and without dates in their names."""
    older = (names[0], [(1, "I", "2019-01-03 01:00:00"), (2, "I", "2019-01-02 01:00:00")])
    newer = (names[1], [(1, "O", "2019-01-04 01:00:00")])
    state: dict[str, Any] = {}
    destination: dict[int, str] = {}
    for mtime, (name, rows) in enumerate((newer, older) if newer_first else (older, newer)):
        write_contacts(download, name, rows, 1_546_500_000 + mtime)
        run = tap(state=state)
        state = run.state
        destination.update({row["RIID_"]: row["subscription_status"] for row in run.records["contacts"]})
    assert destination == {1: "unsubscribed", 2: "subscribed"}
    assert "contacts" not in tap(state=state).records


def test_a_column_that_turns_up_later_extends_the_schema_in_the_same_run(tap: Tap, download: Path) -> None:
    write_opens(download, 3, [1])
    catalog = json.loads(tap("--discover").stdout)
    for stream in catalog["streams"]:
        stream["metadata"] = [{"breadcrumb": [], "metadata": {"selected": True}}]
    write(download / "1234_OPEN_20190104_060500.txt", [(*OPEN_HEADER, "SHOE_SIZE"), open_row(2, "42")])
    run = tap(catalog=catalog)
    assert [record.get("SHOE_SIZE") for record in run.records["open"]] == [None, "42"]
    announced = [m for m in run.messages if m["type"] == "SCHEMA" and m["stream"] == "open"]
    assert ["SHOE_SIZE" in message["schema"]["properties"] for message in announced] == [False, True]


def test_columns_in_another_order_never_land_in_each_other(tap: Tap, download: Path) -> None:
    write(download / "1234_OPEN_20190103_060500.txt", [OPEN_HEADER, open_row(1)])
    write(download / "1234_OPEN_20190104_060500.txt", [OPEN_HEADER[::-1], open_row(2)[::-1]])
    first, second = tap().records["open"]
    assert (second["RIID"], second["CUSTOMER_ID"], second["EMAIL_FORMAT"]) == (2, "c2", "H")
    assert first.keys() == second.keys()


def test_deselected_columns_never_leave_the_tap_and_new_ones_stay_out_then(tap: Tap, download: Path) -> None:
    write(download / "1234_OPEN_20190103_060500.txt", [(*OPEN_HEADER, "SECRET"), open_row(1, "hidden-1")])
    catalog = json.loads(tap("--discover").stdout)
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            breadcrumb = entry["breadcrumb"]
            entry["metadata"]["selected"] = breadcrumb == [] or breadcrumb[1] not in {"SECRET", "CUSTOMER_ID"}
    write(
        download / "1234_OPEN_20190104_060500.txt",
        [(*OPEN_HEADER, "SECRET", "BRAND_NEW"), open_row(2, "hidden-2", "hidden-3")],
    )
    run = tap(catalog=catalog)
    assert riids(run) == [1, 2]
    assert "hidden" not in run.stdout
    assert not {"SECRET", "CUSTOMER_ID", "BRAND_NEW"} & run.schemas["open"]["schema"]["properties"].keys()


def test_deselected_streams_are_not_read(tap: Tap, download: Path) -> None:
    write_opens(download, 3, [1])
    catalog = json.loads(tap("--discover").stdout)
    (download / "1234_CLICK_20190103_060500.txt").mkdir()
    for stream in catalog["streams"]:
        stream["metadata"] = [
            {"breadcrumb": [], "metadata": {"selected": stream["tap_stream_id"] == "rejected_rows"}}
        ]
    run = tap(catalog=catalog, settings={"host": "no-such-host.invalid"})
    assert (run.exit_code, run.records) == (0, {})


def test_rows_that_do_not_fit_become_a_stream(tap: Tap, download: Path) -> None:
    rows = [OPEN_HEADER, open_row(1), ["x", *open_row(2)[1:]], open_row(3), ["too", "short"]]
    write(download / "1234_OPEN_20190103_060500.txt", rows)
    run = tap()
    assert run.exit_code == 0
    assert riids(run) == [1, 3]
    rejected = run.records["rejected_rows"]
    assert [(row["stream"], row["_sdc_source_lineno"], row["reason"]) for row in rejected] == [
        ("open", 3, "EVENT_TYPE_ID is not a whole number"),
        ("open", 5, "2 fields instead of 10"),
    ]
    assert rejected[1]["raw"] == '"too","short"'
    order = [message["type"] for message in run.messages if message.get("stream") == "rejected_rows"]
    assert order[0] == "SCHEMA"
    assert run.state["bookmarks"]["open"]["files"]["1234_OPEN_20190103_060500.txt"][2] == 4


def test_rejected_rows_that_nobody_wants_stay_in_the_tap_and_are_told_of(tap: Tap, download: Path) -> None:
    write(download / "1234_OPEN_20190103_060500.txt", [OPEN_HEADER, open_row(1), ["too", "short"]])
    catalog = json.loads(tap("--discover").stdout)
    for stream in catalog["streams"]:
        selected = stream["tap_stream_id"] == "open"
        stream["metadata"] = [{"breadcrumb": [], "metadata": {"selected": selected}}]
    run = tap(catalog=catalog)
    assert (run.exit_code, riids(run)) == (0, [1])
    assert "rejected_rows" not in run.schemas.keys() | run.records.keys()
    assert "1 rows of 1234_OPEN_20190103_060500.txt do not fit and are nowhere" in run.stderr


def test_on_error_fail_stops_the_stream_and_keeps_its_file_unread(tap: Tap, download: Path) -> None:
    write(download / "1234_OPEN_20190103_060500.txt", [OPEN_HEADER, open_row(1), ["x"]])
    write(download / "1234_SENT_20190103_060500.txt", [("RIID",), ("5",)])
    run = tap(settings={"on_error": "fail"})
    assert run.exit_code == 1
    assert riids(run, "sent") == [5]
    assert run.state["bookmarks"]["open"]["files"] == {}
    assert any("RSYS-3107" in line and "line 3" in line for line in run.errors)
    assert run.errors[-1].startswith("RSYS-3001: 1 streams could not be read to their end: open.")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04 broken", "RSYS-3201"),
        (gzip.compress(b"x" * 100_000)[:-9], "RSYS-3201"),
        (delimited([("RIID", "A", "A"), ("1", "2", "3")]), "RSYS-3101"),
        (delimited([("5", "1234"), ("1", "2")]), "RSYS-3103"),
        (delimited([("RIID", "Zo\xeb")]).replace(b"\xc3", b""), "RSYS-3105"),
    ],
)
def test_a_file_that_cannot_be_read_stops_its_stream_only(
    content: bytes, code: str, tap: Tap, download: Path
) -> None:
    (download / "1234_OPEN_20190103_060500.txt").write_bytes(content)
    write(download / "1234_SENT_20190103_060500.txt", [("RIID",), ("5",)])
    run = tap()
    assert run.exit_code == 1
    assert riids(run, "sent") == [5]
    assert run.state["bookmarks"]["open"]["files"] == {}
    assert [line for line in run.errors if code in line and "1234_OPEN_20190103_060500.txt" in line]
    assert "Traceback" not in run.stderr


def test_ready_files_decide_when_they_are_configured(tap: Tap, download: Path) -> None:
    for day in (3, 4, 5):
        write_opens(download, day, [day])
    (download / "1234_OPEN_20190103_060500.ready").touch()
    (download / "1234_OPEN_20190105_060500.txt.ready").touch()
    run = tap(settings={"ready_extension": "ready"})
    assert riids(run) == [3, 5]
    assert "1234_OPEN_20190104_060500.txt waits for the next run" in run.stderr
    (download / "1234_OPEN_20190104_060500.ready").touch()
    assert riids(tap(settings={"ready_extension": "ready"}, state=run.state)) == [4]


def test_start_date_leaves_older_exports_out(tap: Tap, download: Path) -> None:
    for day in (3, 4, 5):
        write_opens(download, day, [day])
    assert riids(tap(settings={"start_date": "2019-01-04"})) == [4, 5]


def test_empty_files_are_read_and_remembered(tap: Tap, download: Path) -> None:
    (download / "1234_OPEN_20190103_060500.txt").touch()
    write_opens(download, 4, [])
    run = tap()
    assert run.exit_code == 0
    assert run.records == {}
    assert {name: entry[2] for name, entry in run.state["bookmarks"]["open"]["files"].items()} == {
        "1234_OPEN_20190103_060500.txt": 0,
        "1234_OPEN_20190104_060500.txt": 0,
    }


def test_contact_lists_in_no_order_at_all_end_with_the_newest_row(tap: Tap, download: Path) -> None:
    """Names without dates: only MODIFIED_DATE_ tells which row is the latest."""
    days = {"C_CONTACT_LIST.csv": 3, "A_CONTACT_LIST.csv": 5, "B_CONTACT_LIST.csv": 4}
    for mtime, (name, day) in enumerate(days.items()):
        write_contacts(
            download,
            name,
            [(1, "O" if day == 5 else "I", f"2019-01-{day:02} 01:00:00")],
            1_546_500_000 - mtime,
        )
    rows = tap().records["contacts"]
    assert rows[-1]["subscription_status"] == "unsubscribed"


@pytest.mark.parametrize("settings", [{"ready_extension": "done"}, {"count_extension": "done"}])
@pytest.mark.parametrize("name", ["1234_OPEN_20190103_060500.done", "1234_OPEN_20190103_060500.txt.done"])
def test_a_file_that_is_not_as_long_as_its_job_counted_stops_its_stream(
    settings: dict[str, str], name: str, tap: Tap, download: Path
) -> None:
    write_opens(download, 3, [1, 2])
    write(download / "1234_SENT_20190103_060500.txt", [("RIID",), ("5",)])
    (download / "1234_SENT_20190103_060500.done").write_text("1\n", encoding="utf-8")
    (download / name).write_text("4\n", encoding="utf-8")
    run = tap(settings=settings)
    assert run.exit_code == 1
    assert riids(run, "sent") == [5]
    assert "RSYS-3302: 1234_OPEN_20190103_060500.txt has 2 rows and its job counted 4" in run.errors[0]
    assert run.state["bookmarks"]["open"]["files"] == {}
    still = tap(settings=settings, state=run.state)
    assert (still.exit_code, still.state["bookmarks"]["open"]["files"]) == (1, {})
    write_opens(download, 3, [1, 2, 3, 4])
    healed = tap(settings=settings, state=still.state)
    assert (healed.exit_code, riids(healed)) == (0, [1, 2, 3, 4])


@pytest.mark.parametrize("count", ["3", "  3 records", "4", "", "as announced"])
def test_counts_that_agree_count_the_header_or_say_nothing_are_no_error(
    count: str, tap: Tap, download: Path
) -> None:
    """Rejected rows count as well: valid and rejected together are what the job has written."""
    rows = [OPEN_HEADER, open_row(1), ["too", "short"], open_row(3)]
    write(download / "1234_OPEN_20190103_060500.txt", rows)
    (download / "1234_OPEN_20190103_060500.ready").write_text(count, encoding="utf-8")
    run = tap(settings={"ready_extension": "ready"})
    assert (run.exit_code, riids(run), len(run.records["rejected_rows"])) == (0, [1, 3], 1)
    assert ("taken for the header's line" in run.stderr) is (count == "4")


@pytest.mark.parametrize("header", [0, 1])
def test_one_missing_row_is_found_once_it_is_known_whether_the_header_counts(
    header: int, tap: Tap, download: Path
) -> None:
    settings = {"ready_extension": "ready", "count_includes_header": None}
    write_opens(download, 3, [1, 2])
    (download / "1234_OPEN_20190103_060500.ready").write_text(f"{2 + header}", encoding="utf-8")
    first = tap(settings=settings)
    assert first.exit_code == 0
    write_opens(download, 4, [3, 4])
    (download / "1234_OPEN_20190104_060500.ready").write_text(f"{3 + header}", encoding="utf-8")
    second = tap(settings=settings, state=first.state)
    assert second.exit_code == 1
    assert "RSYS-3302: 1234_OPEN_20190104_060500.txt has 2 rows and its job counted 3" in second.errors[0]


def test_the_setting_decides_from_the_first_file_on(tap: Tap, download: Path) -> None:
    write_opens(download, 3, [1, 2])
    (download / "1234_OPEN_20190103_060500.ready").write_text("3", encoding="utf-8")
    settings = {"ready_extension": "ready", "count_includes_header": False}
    assert tap(settings=settings).exit_code == 1
    assert tap(settings={**settings, "count_includes_header": True}).exit_code == 0


def test_stream_maps_apply_to_columns_known_and_new(tap: Tap, download: Path) -> None:
    write_opens(download, 3, [1])
    write(download / "1234_OPEN_20190104_060500.txt", [(*OPEN_HEADER, "SHOE_SIZE"), open_row(2, "42")])
    maps = {"open": {"CUSTOMER_ID": None, "twice": "RIID * 2", "__alias__": "opened"}}
    run = tap(settings={"stream_maps": maps})
    assert [(row["twice"], row.get("SHOE_SIZE")) for row in run.records["opened"]] == [(2, None), (4, "42")]
    assert not any("CUSTOMER_ID" in row for row in run.records["opened"])
    assert "CUSTOMER_ID" not in run.schemas["opened"]["schema"]["properties"]
