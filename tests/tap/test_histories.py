"""Histories of deliveries, crashes and re-deliveries against a model of what a destination has to hold.

The first test plays them with the ledger alone, thousands of times; the second one with the tap as a command
against OpenSSH.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.embedded import embedded_server
from support.exports import OPEN_HEADER, open_row, write
from support.openssh import SSHD, openssh_server
from support.plugins import run_tap

from responsys_io.fileserver import RemoteFile
from tap_responsys.kinds import export_kinds
from tap_responsys.ledger import FileEntry, Ledger
from tap_responsys.listing import ExportNames, sort_out
from tap_responsys.plan import unread

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from support.openssh import SshServer

NAMES = ExportNames(tuple(export_kinds(contacts_pattern="*CONTACT_LIST*").values()))
STATE_OFTEN = {"tap_responsys.streams.ExportStream.STATE_MSG_FREQUENCY": 100}
SLOTS = 6
"""Files that can be delivered; the second and the third one have the same second in their names."""


def name_of(slot: int) -> str:
    day, account = ((3, 1234), (4, 1234), (4, 1235), (5, 1234), (6, 1234), (6, 1236))[slot]
    return f"{account}_OPEN_201901{day:02}_060500.txt"


@dataclass
class Server:
    """Files by name, as (rows, modification time); rows are numbers."""

    files: dict[str, tuple[tuple[int, ...], int]] = field(default_factory=dict)
    ever: dict[str, set[tuple[int, ...]]] = field(default_factory=dict)

    def put(self, name: str, rows: tuple[int, ...], mtime: int) -> None:
        self.files[name] = rows, mtime
        self.ever.setdefault(name, set()).add(rows)


@dataclass
class Pipeline:
    """A tap of nothing but the ledger, and a destination that merges by file and line."""

    state: dict[str, Any] = field(default_factory=dict)
    rows: dict[tuple[str, int], int] = field(default_factory=dict)

    def run(self, server: Server, crash_after: int | None, state_every: int) -> int:
        """Read until so many rows have been emitted; return how many were."""
        ledger = Ledger.from_state(json.loads(json.dumps(self.state)), "open")
        remotes = [RemoteFile(name, len(rows), mtime) for name, (rows, mtime) in server.files.items()]
        found = sort_out(remotes, NAMES).exports.get("open", [])
        ledger.forget({item.name for item in found}, max((r.mtime for r in remotes), default=0), 0)
        emitted = 0
        for export in unread(found, ledger):
            begun = ledger.progress(export)
            entry = begun
            for place, row in enumerate(server.files[export.name][0]):
                if place < begun.rows:
                    continue
                if emitted == crash_after:
                    return emitted
                self.rows[export.name, place] = row
                emitted += 1
                entry = FileEntry(export.remote.size, export.remote.mtime, place + 1)
                if emitted % state_every == 0:
                    ledger.advance(export, entry)
                    self.state = ledger.to_state()
            ledger.finish(export, entry)
        self.state = ledger.to_state()
        return emitted


DELIVERIES = st.tuples(st.just("deliver"), st.integers(0, SLOTS - 1), st.integers(0, 6), st.integers(0, 3))
EVENTS = st.one_of(
    DELIVERIES,
    st.tuples(st.just("remove"), st.integers(0, SLOTS - 1), st.just(0), st.just(0)),
    st.tuples(st.just("crash"), st.integers(0, 12), st.integers(1, 4), st.just(0)),
    st.tuples(st.just("run"), st.just(0), st.integers(1, 4), st.just(0)),
)


@settings(max_examples=1500)
@given(st.lists(EVENTS, max_size=14))
def test_whatever_happens_every_row_on_the_server_is_in_the_destination_after_a_run(
    events: list[tuple[str, int, int, int]],
) -> None:
    server, pipeline = Server(), Pipeline()
    clock = 1_000
    for event, first, second, third in [*events, ("run", 0, 2, 0)]:
        if event == "deliver":
            name = name_of(first)
            # Content that differs in size or time: what differs in neither cannot be told apart over SFTP.
            before = server.files.get(name, ((), 0))
            rows = tuple(range(max(second, len(before[0])))) + ((100 + clock,) if third else ())
            clock += 1
            server.put(name, rows, clock - 5 * third)
        elif event == "remove":
            server.files.pop(name_of(first), None)
        else:
            pipeline.run(server, first if event == "crash" else None, second)
        if event == "run":
            for name, (rows, _) in server.files.items():
                assert tuple(pipeline.rows[name, place] for place in range(len(rows))) == rows
            assert pipeline.run(server, None, 1) == 0
    for (name, place), row in pipeline.rows.items():
        assert any(place < len(rows) and rows[place] == row for rows in server.ever[name])


class RunningTap(RuleBasedStateMachine):
    """The same with the real tap: files come, change and go on a real server, runs break off."""

    root: Path

    def __init__(self) -> None:
        super().__init__()
        self.server: SshServer | None = None
        self.crashed = False
        self.state: dict[str, Any] = {}
        self.rows: dict[tuple[str, int], int] = {}
        self.delivered: dict[str, list[int]] = {}
        self.clock = 1_546_500_000

    @initialize()
    def start(self) -> None:
        self.folder = self.root / f"run-{len(list(self.root.iterdir()))}"
        self._context: AbstractContextManager[SshServer] = (
            openssh_server(self.folder) if SSHD else embedded_server(self.folder)
        )
        self.server = self._context.__enter__()

    def teardown(self) -> None:
        if self.server is not None:
            self._run(None)
            self.check_destination()
            self._context.__exit__(None, None, None)

    @property
    def download(self) -> Path:
        assert self.server is not None
        return self.server.files / "download"

    @rule(slot=st.integers(0, SLOTS - 1), more=st.sampled_from([450, 150, 1, 0]), late=st.booleans())
    def deliver(self, slot: int, more: int, late: bool) -> None:
        name = name_of(slot)
        rows = self.delivered.get(name, [])
        rows = [*rows, *range(len(rows), len(rows) + more)]
        self.clock += 1
        write(
            self.download / name,
            [OPEN_HEADER, *map(open_row, rows)],
            self.clock - 900_000 * late,
        )
        self.delivered[name] = rows

    @rule(slot=st.integers(0, SLOTS - 1))
    def remove(self, slot: int) -> None:
        (self.download / name_of(slot)).unlink(missing_ok=True)

    @precondition(lambda self: self.delivered)
    @rule(messages=st.one_of(st.integers(103, 350), st.integers(0, 900)), buffered=st.booleans())
    def crash(self, messages: int, buffered: bool) -> None:
        """The destination gets so many messages and no more; one that buffers keeps those before a STATE."""
        self._run(messages, buffered=buffered)
        self.crashed = True

    @precondition(lambda self: self.delivered and self.crashed)
    @rule()
    def run_to_the_end(self) -> None:
        self._run(None)
        self.check_destination()
        assert self._run(None) == 0
        self.crashed = False

    def check_destination(self) -> None:
        for name, rows in self.delivered.items():
            if (self.download / name).exists():
                assert [self.rows[name, line] for line in range(2, len(rows) + 2)] == rows

    @invariant()
    def nothing_but_what_was_delivered(self) -> None:
        assert all(self.delivered[name][line - 2] == row for (name, line), row in self.rows.items())

    def _run(self, messages: int | None, *, buffered: bool = False) -> int:
        assert self.server is not None
        config = {**self.server.config, "settle_seconds": 0, "streams": ["open"]}
        run = run_tap(self.folder, config, state=self.state, attributes=STATE_OFTEN)
        assert run.exit_code == 0, run.stderr
        records = 0
        received = run.messages[:messages]
        while buffered and received and received[-1]["type"] != "STATE":
            received.pop()
        for message in received:
            if message["type"] == "RECORD":
                record = message["record"]
                self.rows[record["_sdc_source_file"], record["_sdc_source_lineno"]] = record["RIID"]
                records += 1
            elif message["type"] == "STATE":
                self.state = message["value"]
        return records


@pytest.mark.timeout(300)
def test_a_running_tap_loses_nothing_either(tmp_path: Path) -> None:
    RunningTap.root = tmp_path
    RunningTap.TestCase.settings = settings(
        max_examples=15,
        stateful_step_count=9,
        suppress_health_check=list(HealthCheck),
        # A failure prints its steps; making them fewer takes minutes.
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
    )
    RunningTap.TestCase("runTest").runTest()
