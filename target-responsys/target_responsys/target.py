"""TargetResponsys: settings and wiring, when a state is reported, and how a run ends."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

from singer_sdk import Target
from singer_sdk.exceptions import InvalidJSONSchema, MappingError
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities, TargetCapabilities
from singer_sdk.plugin_base import _ConfigInput

from responsys_io.configuration import settings_from_environment, settings_from_option
from responsys_io.connectjobs import trigger_job
from responsys_io.errors import DataError, SettingsError, TransientError
from responsys_io.exits import exit_on_signal, one_line_errors
from responsys_io.fileserver import FileServer, FileServerLogin
from responsys_io.keyring import KeyRing
from responsys_io.pgpkeys import PgpKeys
from responsys_io.restapi import RestApi
from responsys_io.settings import problems
from target_responsys.api_sink import ApiSink
from target_responsys.campaign import execution_id
from target_responsys.checks import combination_problems
from target_responsys.endofrun import refuse_half_an_audience, report
from target_responsys.file_sink import FileSink
from target_responsys.followup import follow_up
from target_responsys.messages import MessageReader
from target_responsys.rejects import Rejects
from target_responsys.settings import SETTINGS, chosen
from target_responsys.sink import RecordBeforeSchemaError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    import click
    from singer_sdk.sinks import Sink

    from target_responsys.fileresult import FileResult
    from target_responsys.sink import ResponsysSink
    from target_responsys.tally import Tally

CHECKPOINT_LINES = 10_000
CHECKPOINT_SECONDS = 10.0


class TargetResponsys(Target):
    """Oracle Responsys: audiences into supplemental tables, by REST or as CSV for import jobs."""

    name = "target-responsys"
    message_reader_class = MessageReader
    # The SDK would report a state every five minutes, for a file also before it is published.
    _MAX_RECORD_AGE_IN_MINUTES = float("inf")
    config_jsonschema: ClassVar[dict[str, Any]] = {"type": "object", "properties": SETTINGS}
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
        TargetCapabilities.VALIDATE_RECORDS,
    ]

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.max_parallelism = 1
        self.started = datetime.now(UTC)
        self.execution_id = execution_id(self.started)
        rejects_file = chosen(self.config, "rejects_file")
        self.rejects = Rejects(rejects_file.format(execution_id=self.execution_id))
        self.file_stems: set[str] = set()
        self.files: list[FileResult] = []
        self.tallies: dict[str, Tally] = {}
        self._reported_state: dict[str, Any] | None = None
        self._checkpoint = (0, time.monotonic())

    @cached_property
    def api(self) -> RestApi:
        """The REST API, paced by the account's own limits."""
        api = RestApi.from_config(self.config)
        api.keep_to_limits()
        return api

    @cached_property
    def file_server(self) -> FileServer:
        """The file server; it is reached when the first file is published."""
        return FileServer(FileServerLogin.from_config(self.config))

    @cached_property
    def key_ring(self) -> KeyRing:
        """The PGP keys that files are encrypted and signed with."""
        return KeyRing(PgpKeys.from_config(self.config))

    def get_sink_class(self, stream_name: str) -> type[Sink]:  # noqa: ARG002
        """Return the sink of the chosen delivery."""
        return ApiSink if self._over_rest else FileSink

    def get_sink(
        self,
        stream_name: str,
        *,
        record: dict[str, Any] | None = None,
        schema: dict[str, Any] | None = None,
        key_properties: Sequence[str] | None = None,
    ) -> Sink:
        """Return the sink of a stream, a new one when its schema has changed.

        What an older one holds is delivered first, so that rows of one key keep their order.

        Raises:
            DataError: RSYS-6005 for a schema that is none.
        """
        before = self._sinks_active.get(stream_name)
        try:
            sink = super().get_sink(stream_name, record=record, schema=schema, key_properties=key_properties)
        except InvalidJSONSchema:
            raise DataError(
                "RSYS-6005",
                f"The schema of stream {stream_name} is not valid JSON Schema.",
                "Correct the tap.",
            ) from None
        if sink is not before:
            if before is not None:
                self.drain_one(before)
            cast("ResponsysSink", sink).prepare()
        return sink

    def process_endofpipe(self) -> None:
        """Deliver what remains, report the last state and say what became of everything.

        Raises:
            DataError: RSYS-6008 when files must not be published, since the tap has died.
            RejectedRowsError: RSYS-5302 when more records were refused than are tolerated.
        """
        sinks = [*self._sinks_to_clear, *self._sinks_active.values()]
        files = [sink for sink in sinks if isinstance(sink, FileSink)]
        with contextlib.ExitStack() as stack:
            stack.callback(self._disconnect)
            for sink in files:
                stack.callback(sink.close)
            if chosen(self.config, "require_final_state"):
                waiting = [sink.stream_name for sink in files if sink.rows]
                refuse_half_an_audience(waiting, self._reader.last_type)
            for sink in files:
                sink.publish()
            follow_up(
                [file for sink in files for file in sink.delivered],
                self.config,
                self.file_server,
                api=lambda: self.api,
                trigger=lambda job: trigger_job(self.api.session, job),
            )
            super().process_endofpipe()
        self.rejects.close()
        report(self.logger, self.tallies, self.rejects, tolerated=chosen(self.config, "max_rejected_rows"))

    def _disconnect(self) -> None:
        for name in ("api", "file_server", "key_ring"):
            if connection := self.__dict__.pop(name, None):
                connection.close()

    @property
    def _over_rest(self) -> bool:
        return bool(chosen(self.config, "delivery") == "api")

    @property
    def _reader(self) -> MessageReader:
        return cast("MessageReader", self.message_reader)

    def _assert_sink_exists(self, stream_name: str) -> None:
        if not self.sink_exists(stream_name):
            raise RecordBeforeSchemaError(
                "RSYS-6009",
                f"Line {self._reader.line} of the input has a record of {stream_name} before its SCHEMA.",
                "The tap has to write the schema first.",
            )

    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        """Keep a state; when the last report is long enough ago, deliver all before it and report it."""
        self._assert_line_requires(message_dict, requires={"value"})
        state = message_dict["value"]
        if not state:
            return
        self._latest_state = state
        line, moment = self._checkpoint
        due = self._reader.line - line >= CHECKPOINT_LINES or time.monotonic() - moment >= CHECKPOINT_SECONDS
        if due and self._over_rest:
            self.drain_all()

    def _write_state_message(self, state: dict[str, Any]) -> None:
        """Report a state, after the rejects that it covers are on the disk.

        Raises:
            TransientError: RSYS-6010 when standard output does not take it.
        """
        self._checkpoint = (self._reader.line, time.monotonic())
        if state == self._reported_state:
            return
        self.rejects.settle()
        try:
            super()._write_state_message(state)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise TransientError(
                "RSYS-6010",
                f"The state could not be reported: {error.strerror}.",
                "Everything up to it is delivered; the next run will deliver it again.",
            ) from error
        self._reported_state = state

    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        """Pass over a request to remove older rows: rows are merged by key."""
        self.logger.debug("ACTIVATE_VERSION for stream %s is passed over", message_dict.get("stream"))

    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:  # noqa: ARG002
        """Refuse files instead of records.

        Raises:
            DataError: RSYS-6011.
        """
        raise DataError(
            "RSYS-6011",
            f"Line {self._reader.line} of the input is a BATCH message.",
            "Switch the tap's batch_config off: target-responsys takes records.",
        )

    @classmethod
    def cb_config(
        cls,
        ctx: click.Context,  # noqa: ARG003
        param: click.Option,  # noqa: ARG003
        value: tuple[str, ...],
    ) -> _ConfigInput:
        """Read what --config names: files, and ENV for the environment."""
        return _ConfigInput(*settings_from_option(value))

    @classproperty
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805
        cls.append_builtin_config(cls.config_jsonschema)
        return settings_from_environment(cls.config_jsonschema["properties"], cls._env_var_prefix)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Unwind at once: nothing more is sent, and no state reported that could run ahead of it."""
        exit_on_signal(signum, frame)

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Say what is wrong with the settings, without repeating their values.

        Raises:
            SettingsError: RSYS-1000 with every problem.
        """
        self.append_builtin_config(self.config_jsonschema)
        found = problems(self.config_jsonschema, self.config) or combination_problems(self.config)
        if found and raise_errors:
            raise SettingsError("RSYS-1000", " ".join(found), "target-responsys --about lists every setting.")
        return found


def main() -> None:
    """Run the command line interface with one-line errors."""
    with one_line_errors(TargetResponsys.logger):
        try:
            TargetResponsys.cli()
        except MappingError as error:
            raise SettingsError("RSYS-1009", f"stream_maps cannot be used: {error}.") from error
