"""Named points of the code: the process stops there, until whoever kills has done what it wanted.

The product knows nothing of it: functions are wrapped in the process that is to be killed, before it begins.
"""

from __future__ import annotations

import functools
import importlib
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Side = Literal["before", "after"]


@dataclass(frozen=True)
class Point:
    """A moment in a process.

    Args:
        process: tap or target.
        place: `module:function` or `module:Class.method`.
        side: Before the call, or when it has come back.
        hit: At which of the calls, from 1 on.
    """

    process: str
    place: str
    side: Side
    hit: int

    def __str__(self) -> str:
        return f"{self.side} call {self.hit} of {self.place}"


# What a run comes by, with how often it does so at least a few times.
TAP = {
    "tap_responsys.streams:ExportStream._record": 3_000,
    "tap_responsys.streams:ExportStream._write_state_message": 6,
    "tap_responsys.streams:ExportStream._finish": 3,
    "tap_responsys.streams:ExportStream._take_in": 1,
    "tap_responsys.ledger:Ledger.finish": 3,
    "tap_responsys.ledger:Ledger.to_state": 6,
    "tap_responsys.ledger:Ledger.forget": 1,
    "tap_responsys.folder:ExportFolder.check_unchanged": 3,
    "tap_responsys.folder:ExportFolder.complete": 1,
    "tap_responsys.tap:TapResponsys.write_message": 3_000,
    "responsys_io.sshsession:SshSession._open_channel": 1,
    "responsys_io.sshsession:SshSession._sign_in": 1,
    "responsys_io.remotereader:RemoteReader._next_block": 4,
    "responsys_io.remotereader:RemoteReader.close": 3,
}
TAP_PGP = {
    "responsys_io.crypto:Decrypted.readinto": 8,
    "responsys_io.crypto:Decrypted._feed": 6,
    "responsys_io.crypto:Decrypted._take_status": 4,
    "responsys_io.crypto:Decrypted.close": 2,
    "responsys_io.crypto:started_gpg": 1,
}
TARGET = {
    "target_responsys.target:TargetResponsys._process_record_message": 3_000,
    "target_responsys.target:TargetResponsys._process_state_message": 6,
    "target_responsys.target:TargetResponsys.process_endofpipe": 1,
    "target_responsys.target:TargetResponsys._finish": 1,
}
TARGET_API = {
    "target_responsys.target:TargetResponsys.drain_all": 5,
    "target_responsys.target:TargetResponsys._write_state_message": 5,
    "target_responsys.rejects:Rejects.settle": 5,
    "target_responsys.api_sink:ApiSink.prepare": 1,
    "target_responsys.api_sink:ApiSink._deliver": 12,
    "target_responsys.api_sink:ApiSink._settle": 12,
    "target_responsys.dispatch:Dispatcher.settle": 5,
    "target_responsys.mergecalls:MergeCalls.merge": 12,
    "responsys_io.resthttp:Http._exchange": 16,
    "responsys_io.restlogin:Tokens._sign_in": 1,
    "responsys_io.restapi:RestApi.keep_to_limits": 1,
}
TARGET_ASYNC = {
    "responsys_io.asynccalls:AsyncCalls.submit": 8,
    "responsys_io.asynccalls:AsyncCalls.outcome": 8,
    "responsys_io.asynccalls:AsyncCalls._ask": 4,
}
TARGET_FILES = {
    "target_responsys.csvspool:CsvSpool.write": 3_000,
    "target_responsys.csvspool:CsvSpool.finished": 1,
    "target_responsys.file_sink:FileSink.publish": 1,
    "target_responsys.file_sink:upload": 1,
    "paramiko.sftp_file:SFTPFile.write": 3,
    "responsys_io.remoteupload:Upload._send": 2,
    "responsys_io.remoteupload:Upload._compare": 2,
    "responsys_io.remoteupload:Upload._publish": 2,
    "responsys_io.remoteupload:Upload.run": 2,
}


def stop_at(point: Point, tell: int, wait: int) -> None:
    """Have this process say so when it comes to a point, and wait there until it is told to go on.

    Args:
        point: The point; its place must exist.
        tell: File descriptor for one byte, when it is there.
        wait: File descriptor that a byte comes from, when it may go on.
    """
    module, _, path = point.place.partition(":")
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    function: Callable[..., Any] = getattr(owner, name)
    calls = 0
    counting = threading.Lock()

    def stop() -> None:
        os.write(tell, b".")
        os.read(wait, 1)

    @functools.wraps(function)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        with counting:
            calls += 1
            here = calls == point.hit
        if here and point.side == "before":
            stop()
        try:
            return function(*arguments, **named)
        finally:
            if here and point.side == "after":
                stop()

    setattr(owner, name, wrapped)
