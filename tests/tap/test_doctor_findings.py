"""What the doctor finds: a healthy set-up has nothing, one that is spoilt in one place has exactly that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.doctorsetup import FEED_TEXT, LIST_TEXT, NOW, STREAMS, TODAY, Setup, ago, file_name

from responsys_io.errors import DataError, SettingsError, TransientError
from tap_responsys.doctor.examine import examine
from tap_responsys.doctor.facts import KeyFacts, ServerFacts
from tap_responsys.kinds import KEY_FEEDS
from tap_responsys.parse import Dialect

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from tap_responsys.doctor.findings import Finding

    Fault = Callable[[Setup], object]


def found_after(*faults: Fault) -> list[Finding]:
    setup = Setup.healthy()
    for fault in faults:
        fault(setup)
    return examine(setup.facts())


def settings(**values: Any) -> Fault:
    return lambda setup: setup.settings.update(values)


def more(**values: Any) -> Fault:
    return lambda setup: setup.more.update(values)


def both(one: Fault, other: Fault) -> Fault:
    return lambda setup: (one(setup), other(setup))


def text_of(*streams: str, change: Callable[[bytes], bytes]) -> Fault:
    def spoil(setup: Setup) -> None:
        for stream in streams:
            setup.texts[stream] = change(setup.texts[stream])

    return spoil


def replaced(old: str, new: str) -> Callable[[bytes], bytes]:
    return lambda text: text.replace(old.encode(), new.encode())


def no_state(setup: Setup) -> None:
    setup.more["ledgers"] = None


def never_seen(*streams: str) -> Fault:
    def spoil(setup: Setup) -> None:
        setup.keep(lambda name: not name.startswith(tuple(_beginning(stream) for stream in streams)))
        setup.forget(lambda stream, _: stream not in streams)

    return spoil


def renamed(stream: str, change: Callable[[str], str]) -> Fault:
    def spoil(setup: Setup) -> None:
        beginning = _beginning(stream)
        setup.rename(lambda name: change(name) if name.startswith(beginning) else name)
        setup.forget(lambda read, _: read != stream)

    return spoil


def stopped(days: int, *streams: str) -> Fault:
    """No export for so many days, all of them read."""

    def spoil(setup: Setup) -> None:
        late = {file_name(stream, ago(day)).partition(".")[0] for stream in streams for day in range(days)}
        setup.keep(lambda name: name.partition(".")[0] not in late)
        setup.forget(lambda stream, day: stream not in streams or day <= ago(days))

    return spoil


def not_read_for(days: int, *streams: str) -> Fault:
    return lambda setup: setup.forget(lambda stream, day: stream not in streams or day <= ago(days))


def days_without_export(stream: str, *days: date) -> Fault:
    return lambda setup: setup.forget(lambda read, day: read != stream or day not in days)


def ready_files(change: Callable[[str], str | None]) -> Fault:
    def spoil(setup: Setup) -> None:
        setup.files = {
            new: mtime
            for name, mtime in setup.files.items()
            if (new := change(name) if name.endswith(".ready") else name)
        }

    return spoil


def ready_file_missing(*names: str) -> Fault:
    return ready_files(lambda name: None if name.partition(".")[0] in names else name)


def lags(*minutes: int) -> Fault:
    """Lags of the last days, of today first."""

    def spoil(setup: Setup) -> None:
        for (_, day), how in setup.read.items():
            place = (TODAY - day).days
            how["lag"] = minutes[place] if place < len(minutes) else how["lag"]

    return spoil


def few_rows_and_lags(*minutes: int) -> Fault:
    def spoil(setup: Setup) -> None:
        lags(*minutes)(setup)
        for how in setup.read.values():
            how["rows"] = 20

    return spoil


def packed_badly(code: str) -> Fault:
    def spoil(setup: Setup) -> None:
        for stream in STREAMS:
            name = file_name(stream, TODAY)
            setup.sample_errors[stream] = DataError(code, f"{name} cannot be unpacked.", "Ask.")

    return spoil


def rows_today(stream: str, rows: int) -> Fault:
    return lambda setup: setup.read[stream, TODAY].update(rows=rows)


def unreachable(error: SettingsError | TransientError) -> Fault:
    return more(server=ServerFacts("files.example.com:22", "acme_scp", error))


def _beginning(stream: str) -> str:
    return file_name(stream, TODAY)[:-19]


def _utf16(text: bytes) -> bytes:
    return text.decode().encode("utf-16")


def _windows(text: bytes) -> bytes:
    return text + '"1","5","Zoë","é"\n'.encode("cp1252")


def _waiting_for_long(setup: Setup) -> None:
    """An export of four days ago that has no ready file and so was not read."""
    day = ago(4)
    ready_file_missing(f"1234_SENT_{day:%Y%m%d}_060500")(setup)
    setup.forget(lambda stream, read: (stream, read) != ("sent", day))


SEMICOLONS = replaced(",", ";")
ALL_FEEDS = KEY_FEEDS
FAULTS: dict[str, tuple[Fault, str, str, tuple[str, ...]]] = {
    "unreachable": (
        unreachable(TransientError("RSYS-2001", "No.", "Check.")),
        "connection-failed", "problem", (),
    ),
    "no folder": (unreachable(SettingsError("RSYS-2101", "No.", "Check.")), "folder-missing", "problem", ()),
    "no right": (unreachable(SettingsError("RSYS-2102", "No.", "Check.")), "folder-forbidden", "problem", ()),
    "empty folder": (lambda setup: setup.files.clear(), "folder-empty", "problem", ()),
    "one feed taken": (never_seen("sent"), "feed-absent", "problem", ("sent",)),
    "two feeds taken": (never_seen("sent", "open"), "feed-absent", "problem", ("sent", "open")),
    "no feed job": (never_seen(*KEY_FEEDS), "no-feeds", "problem", KEY_FEEDS),
    "no list job": (never_seen("contacts"), "export-absent", "problem", ("contacts",)),
    "feed with a prefix": (
        renamed("sent", lambda name: f"EU_{name}"), "unexpected-names", "problem", ("sent",),
    ),
    "feed without account": (
        renamed("click", lambda name: name.removeprefix("1234_")), "unexpected-names", "problem", ("click",),
    ),
    "list of another name": (
        renamed("contacts", lambda name: name.replace("CONTACT_LIST", "PROFILES")),
        "unexpected-names", "problem", ("contacts",),
    ),
    "a stranger": (lambda setup: setup.files.update({"notes.csv": 1}), "unexpected-names", "warning", ()),
    "another account's": (
        both(settings(account_id="99"), not_read_for(99, *STREAMS)), "other-account", "problem", KEY_FEEDS,
    ),
    "no header": (
        text_of(*ALL_FEEDS, change=lambda text: text.partition(b"\n")[2]), "no-header", "problem", ALL_FEEDS,
    ),
    "a header after all": (
        settings(dialect=Dialect(has_header=False)), "header-unexpected", "problem", STREAMS,
    ),
    "semicolons": (text_of(*ALL_FEEDS, change=SEMICOLONS), "other-delimiter", "problem", ALL_FEEDS),
    "tabs": (text_of("contacts", change=replaced(",", "\t")), "other-delimiter", "problem", ("contacts",)),
    "pipes expected": (settings(dialect=Dialect("|")), "other-delimiter", "problem", STREAMS),
    "apostrophes": (text_of("open", change=replaced('"', "'")), "other-enclosure", "problem", ("open",)),
    "no enclosure": (text_of("open", change=replaced('"', "")), "other-enclosure", "problem", ("open",)),
    "no enclosure expected": (settings(dialect=Dialect(quote_char="")),
    "other-enclosure", "problem", STREAMS),
    "apostrophes and semicolons": (
        text_of("open", change=lambda text: SEMICOLONS(text).replace(b'"', b"'")),
        "other-delimiter", "problem", ("open",),
    ),
    "UTF-16": (text_of(*ALL_FEEDS, change=_utf16), "other-charset", "problem", ALL_FEEDS),
    "UTF-16 without a mark": (
        text_of("sent", change=lambda text: text.decode().encode("utf-16-be")),
        "other-charset", "problem", ("sent",),
    ),
    "UTF-16 expected": (settings(dialect=Dialect(encoding="utf-16")), "other-charset", "problem", STREAMS),
    "Windows-1252": (text_of("sent", change=_windows), "other-charset", "problem", ("sent",)),
    "encrypted": (packed_badly("RSYS-3204"), "encrypted", "problem", STREAMS),
    "broken archives": (packed_badly("RSYS-3201"), "export-unreadable", "problem", STREAMS),
    "a column twice": (
        text_of("sent", change=replaced('"RIID",', '"RIID","RIID",')), "duplicate-columns",
        "problem", ("sent",),
    ),
    "no RIID_": (
        text_of("contacts", change=replaced('"RIID_",', "")), "key-column-missing", "problem", ("contacts",),
    ),
    "no status": (
        text_of("contacts", change=replaced('"EMAIL_PERMISSION_STATUS_",', "")),
        "contact-column-missing", "warning", ("contacts",),
    ),
    "no ready files": (ready_files(lambda _: None), "ready-missing", "problem", STREAMS),
    "ready files of another name": (
        ready_files(lambda name: name.replace(".ready", ".done")),
        "ready-other-extension", "problem", STREAMS,
    ),
    "ready files not used": (settings(ready_extension=""), "ready-unused", "warning", STREAMS),
    "a ready file is missing": (_waiting_for_long, "export-waiting", "problem", ("sent",)),
    "a count that is none": (
        lambda setup: setup.counts.update(sent={"ready": "done"}), "count-unreadable", "problem", ("sent",),
    ),
    "an empty count file": (
        lambda setup: (
            setup.settings.update(count_extension="count"),
            setup.counts.update(sent={"count": ""}),
        ),
        "count-unreadable", "problem", ("sent",),
    ),
    "stopped three days ago": (stopped(3, *STREAMS), "no-new-exports", "warning", STREAMS),
    "tap not run for two days": (not_read_for(3, *STREAMS), "unread-files", "warning", STREAMS),
    "stopped ten days ago": (stopped(10, "sent"), "no-new-exports", "warning", ("sent",)),
    "stopped eleven days ago": (stopped(11, "sent"), "window-closing", "warning", ("sent",)),
    "stopped thirteen days ago": (stopped(13, *KEY_FEEDS), "window-closing", "warning", KEY_FEEDS),
    "stopped fourteen days ago": (stopped(14, "sent"), "window-passed", "problem", ("sent",)),
    "not read for twelve days": (not_read_for(12, *KEY_FEEDS), "window-closing", "warning", KEY_FEEDS),
    "a contact list stopped": (stopped(20, "contacts"), "no-new-exports", "warning", ("contacts",)),
    "two days missing": (
        days_without_export("open", ago(20), ago(21)), "days-missing", "warning", ("open",),
    ),
    "few rows": (rows_today("sent", 10), "low-volume", "warning", ("sent",)),
    "few rows fail": (
        lambda setup: (rows_today("sent", 10)(setup), setup.settings.update(fails_on_low_volume=True)),
        "low-volume", "problem", ("sent",),
    ),
    "local time in the west": (lags(303, 303, 303), "other-timezone", "warning", ()),
    "local time in the east": (lags(-327), "other-timezone", "warning", ()),
    "old key": (
        more(keys=[KeyFacts("responsys_key", "ssh-rsa", 4096, 366)]), "key-old", "warning", (),
    ),
    "open key file": (more(exposed_files=["responsys_key"]), "secret-file-exposed", "warning", ()),
    "unreadable state": (
        lambda setup: setup.more.update(
            ledgers={s: led for s, led in setup.facts().ledgers.items() if s != "sent"},  # type: ignore[union-attr]
            state_errors={"sent": DataError("RSYS-3401", "No.", "Restore it.")},
        ),
        "state-unreadable", "problem", ("sent",),
    ),
    "server's clock ahead": (
        lambda setup: setup.files.update({"x.ready": int(NOW.timestamp()) + 3600}),
        "clock-ahead", "warning", (),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_is_exactly_one_finding(name: str) -> None:
    fault, *expected = FAULTS[name]
    found = found_after(fault)
    assert [[finding.id, finding.severity, finding.streams] for finding in found] == [expected]
    assert found[0].problem
    assert found[0].remedy


def test_a_healthy_setup_has_no_finding_with_its_state_or_without() -> None:
    assert found_after() == []
    assert found_after(no_state) == []


@pytest.mark.parametrize(
    "fault",
    [
        settings(streams=["sent"]),
        lambda setup: (
            settings(account_id="1234")(setup),
            setup.files.update({"99_SENT_20260315_060500.txt": 1}),
        ),
        settings(count_extension="count", streams=["sent"]),
        text_of(*STREAMS, change=lambda _: b""),
        text_of(*ALL_FEEDS, change=lambda text: text.partition(b"\n")[0] + b"\n"),
        text_of("sent", change=lambda text: b"\xef\xbb\xbf" + text),
        text_of("sent", change=lambda text: text + '"1","5","Zoë","é"\n'.encode()),
        text_of("sent", change=lambda text: text + '"1","5","Zoë'.encode()[:-1]),
        text_of("sent", change=lambda text: text + '"é","5","","ë"\n'.encode() * 3 + b'"\xe9","","",""\n'),
        lambda setup: setup.counts.update(sent={"ready": ""}),
        both(ready_file_missing(f"1234_SENT_{TODAY:%Y%m%d}_060500"), not_read_for(1, "sent")),
        not_read_for(1, *STREAMS),
        stopped(2, *STREAMS),
        days_without_export("open", ago(44)),
        rows_today("sent", 25),
        few_rows_and_lags(303, 303, 303),
        rows_today("contacts", 1),
        lags(303, 303),
        lags(100, 200, 300, 400, 500, 600, 700),
        lags(-8, 40, 40, 40),
        more(keys=[KeyFacts("private_key", "ssh-rsa", 2048)]),
        lambda setup: (setup.files.clear(), setup.settings.update(takes_away=True)),
    ],
    ids=range(22),
)
def test_what_may_well_be_is_no_finding(fault: Fault) -> None:
    assert found_after(fault) == []


def test_a_feed_of_few_rows_varies_by_chance() -> None:
    def few(setup: Setup) -> None:
        for (stream, _), how in setup.read.items():
            how["rows"] = 12 if stream == "opt_out" else how["rows"]
        setup.read["opt_out", TODAY]["rows"] = 0

    assert found_after(few) == []


def test_an_hour_of_the_day_is_not_taken_for_a_day() -> None:
    """With several exports a day, the day that is not over is not compared."""

    def hourly(setup: Setup) -> None:
        rows_today("sent", 5)(setup)
        setup.files["1234_SENT_20260314_120500.txt"] = setup.files["1234_SENT_20260314_120500.ready"] = 1
        setup.settings["skips_changed"] = True

    assert "low-volume" not in {finding.id for finding in found_after(hourly)}


def test_lost_dates_are_named_even_where_another_fault_is_the_reason() -> None:
    found = found_after(stopped(20, "sent"), text_of("sent", change=SEMICOLONS))
    assert [finding.id for finding in found] == ["window-passed"]
    assert "possible permanent loss for dates 2026-02-23..2026-03-01" in found[0].problem


def test_files_on_the_server_hold_what_would_be_lost() -> None:
    (finding,) = found_after(not_read_for(16, "sent"))
    assert finding.id == "window-closing"
    assert "in files on the server that have not been read (10)" in finding.problem
    assert finding.remedy == "Run the tap now."


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            text_of("sent", change=SEMICOLONS),
            ["semicolon", "comma", "delimiter", "Destination specification"],
        ),
        (text_of("sent", change=_utf16), ["utf-16", "utf-8", "encoding", "Destination specification"]),
        (never_seen("sent"), ["Select object", "greyed out", "path", "another job"]),
        (never_seen(*KEY_FEEDS), ["Destination connectivity", "download"]),
        (
            ready_files(lambda name: name.replace(".ready", ".done")),
            ["done", "ready_extension", "Ready file"],
        ),
        (stopped(12, "sent"), ["2026-03-03", "12 days ago", "2 days left", "Schedule"]),
        (lags(303, 303, 303), ["UTC-05:00", "timezone", "05:00 before"]),
        (lags(-327), ["UTC+05:30", "timezone"]),
        (days_without_export("open", ago(20)), ["2026-02-23", "Schedule"]),
        (rows_today("sent", 10), ["10 rows", "100 are usual", "min_volume_ratio"]),
    ],
)
def test_a_finding_says_what_is_there_and_where_to_change_it(fault: Fault, words: list[str]) -> None:
    (finding,) = found_after(fault)
    for word in words:
        assert word in f"{finding.problem} {finding.remedy}"


def test_many_gaps_are_named_up_to_ten() -> None:
    (finding,) = found_after(days_without_export("open", *(ago(20 + day) for day in range(12))))
    assert finding.problem.endswith("and 2 more.")


def test_a_zone_is_relative_to_the_one_that_is_set() -> None:
    spoilt = settings(dialect=Dialect(timezone="America/Chicago"))
    (finding,) = found_after(spoilt, lags(-297))
    assert "UTC+00:00" in finding.remedy


def test_headerless_exports_are_compared_with_their_layout() -> None:
    def headerless(setup: Setup) -> None:
        settings(dialect=Dialect(has_header=False))(setup)
        setup.layouts = {stream: ["A", "B", "C", "D"] for stream in KEY_FEEDS} | {"contacts": ["A", "B", "C"]}
        for stream in STREAMS:
            setup.texts[stream] = (LIST_TEXT if stream == "contacts" else FEED_TEXT).partition(b"\n")[2]

    assert found_after(headerless) == []
    assert [finding.id for finding in found_after(headerless, text_of("sent", change=SEMICOLONS))] == [
        "other-delimiter"
    ]
    (finding,) = found_after(headerless, lambda setup: setup.layouts.pop("contacts"))
    assert (finding.id, finding.streams) == ("other-layout", ("contacts",))


@pytest.mark.parametrize(
    ("cause", "effect", "found"),
    [
        (text_of(*KEY_FEEDS, change=SEMICOLONS), not_read_for(3, *KEY_FEEDS), "other-delimiter"),
        (ready_files(lambda _: None), not_read_for(3, *STREAMS), "ready-missing"),
        (packed_badly("RSYS-3204"), not_read_for(12, *STREAMS), "encrypted"),
        (
            lambda setup: setup.files.update({"x.ready": int(NOW.timestamp()) + 7200}),
            lags(-117, -117, -117),
            "clock-ahead",
        ),
    ],
)
def test_what_follows_from_a_fault_is_not_said(cause: Fault, effect: Fault, found: str) -> None:
    assert [finding.id for finding in found_after(cause, effect)] == [found]


def test_without_a_connection_nothing_else_is_said() -> None:
    found = found_after(
        lambda setup: setup.files.clear(),
        more(keys=[KeyFacts("k", "ssh-rsa", 4096, 999)]),
        unreachable(TransientError("RSYS-2001", "It cannot be reached.", "Check host.")),
    )
    assert [(finding.id, finding.code) for finding in found] == [("connection-failed", "RSYS-2001")]
