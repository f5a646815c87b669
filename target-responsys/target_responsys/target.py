"""TargetResponsys: settings and wiring, when a state is reported, and how a run ends."""

from __future__ import annotations

import responsys_io.lean  # noqa: F401  before the SDK

# isort: split

import contextlib
import gc
import itertools
import time
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any, ClassVar, cast

from singer_sdk import Target
from singer_sdk.exceptions import InvalidJSONSchema, MappingError
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities, TargetCapabilities
from singer_sdk.mapper import RemoveRecordTransform
from singer_sdk.plugin_base import _ConfigInput

from responsys_io.abouttext import about_text
from responsys_io.configuration import settings_from_environment, settings_from_option
from responsys_io.durations import duration
from responsys_io.errors import DataError, ResponsysError, SettingsError, TransientError
from responsys_io.exits import one_line_errors
from responsys_io.heap import use_one_heap
from responsys_io.settings import problems
from responsys_io.signals import exit_on_signal
from target_responsys.api_sink import ApiSink
from target_responsys.asyncmode import api_mode, dispatcher_of, queues
from target_responsys.campaign import execution_id
from target_responsys.checks import combination_problems
from target_responsys.connections import Connections
from target_responsys.endofrun import refuse_half_a_mirror, refuse_half_an_audience, report
from target_responsys.erase_sink import EraseSink
from target_responsys.file_sink import FileSink
from target_responsys.messages import MessageReader
from target_responsys.plan_sink import PlanSink
from target_responsys.plancommand import check_plan_format, print_plan, with_plan
from target_responsys.planerase_sink import PlanEraseSink
from target_responsys.planrun import plan_of_run
from target_responsys.receipts import RunFacts, receipt, write_receipt
from target_responsys.rejects import Rejects
from target_responsys.settings import SETTINGS, chosen
from target_responsys.shortway import passes_unchanged
from target_responsys.sink import RecordBeforeSchemaError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    import click
    from singer_sdk.sinks import Sink

    from target_responsys.erasure import ErasureTally
    from target_responsys.fileresult import FileResult
    from target_responsys.ids import IdKind
    from target_responsys.sink import ResponsysSink
    from target_responsys.tally import Tally

# Half of what tap-responsys lets pass between two states: each of them is reported, also when some rows were
# rejected in between, or when the report before took its time.
CHECKPOINT_LINES = 5_000
CHECKPOINT_SECONDS = 5.0
QUEUED_CHECKPOINT_FACTOR = 20
# How long a run that has failed waits for the calls that are under way, to know what became of them.
LAST_ANSWERS_SECONDS = 5.0


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
        PluginCapabilities.ACTIVATE_VERSION,
        TargetCapabilities.VALIDATE_RECORDS,
    ]

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.max_parallelism = 1
        self.started = datetime.now(UTC)
        self.execution_id = execution_id(self.started)
        self.connections = Connections(self.config, self.execution_id)
        rejects_file = chosen(self.config, "rejects_file")
        self.rejects = Rejects(rejects_file.format(execution_id=self.execution_id))
        self.file_stems: set[str] = set()
        self.files: list[FileResult] = []
        self.tallies: dict[str, Tally] = {}
        self.planning = bool(chosen(self.config, "plan"))
        self.plan_format: str | None = None
        self.planned: list[PlanSink] = []
        self.planned_erasures: list[PlanEraseSink] = []
        self.erased: dict[tuple[str, IdKind], ErasureTally] = {}
        self.dispatcher = dispatcher_of(self.config)
        self.version: int | None = None
        self.deleted_at: Any = None
        self._batches = itertools.count(1)
        self._reported_state: dict[str, Any] | None = None
        self._checkpoint = (0, time.monotonic())
        self._on_short_way: dict[str, ResponsysSink | None] = {}

    def tally(self, destination: str, new: Tally) -> Tally:
        """Return the counts of a campaign at a destination, which streams and schemas share.

        Args:
            destination: Folder and table.
            new: The one to start with, of one stream.
        """
        found = self.tallies.get(destination)
        if found is not None and found.campaign_id != new.campaign_id:
            return self.tally(f"{destination}, campaign {new.campaign_id}", new)
        found = self.tallies.setdefault(destination, new)
        found.streams = sorted({*found.streams, *new.streams})
        return found

    def next_batch_id(self) -> str:
        """Return the id of another call of this run."""
        return f"{self.execution_id}-{next(self._batches):06}"

    def get_sink_class(self, stream_name: str) -> type[Sink]:  # noqa: ARG002
        """Return the sink of the chosen delivery, the one that erases, or the one that sends nothing."""
        if chosen(self.config, "erase"):
            return PlanEraseSink if self.planning else EraseSink
        if self.planning:
            return PlanSink
        return ApiSink if self.connections.over_rest else FileSink

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

    def listen(self, file_input: IO[str] | None = None) -> None:  # type: ignore[misc]  # final, yet without a hook
        """Read the input to its end, and leave a receipt whatever comes of it."""
        ending: BaseException | None = None
        try:
            if self._signs:
                # A key that cannot sign is noticed before anything is delivered.
                self.connections.key_ring.signature(b"")
            super().listen(file_input)
        except BaseException as error:
            ending = error
            raise
        finally:
            self._finish(ending)

    def process_endofpipe(self) -> None:
        """Deliver what remains, report the last state and say what became of everything.

        Raises:
            DataError: RSYS-6008 when files must not be published, RSYS-6012 when nobody must be deleted,
                since the tap has died.
            RejectedRowsError: RSYS-5302 when more records were refused than are tolerated, RSYS-5304 when
                import jobs have rejected them.
        """
        if self.planning:
            print_plan(plan_of_run(self), self.plan_format)
            return
        files = [sink for sink in self._sinks if isinstance(sink, FileSink)]
        with contextlib.ExitStack() as stack:
            for sink in files:
                stack.callback(sink.close)
            if chosen(self.config, "require_final_state"):
                waiting = [sink.stream_name for sink in files if sink.rows]
                refuse_half_an_audience(waiting, self._reader.last_type)
            for sink in files:
                sink.publish()
            if delivered := [file for sink in files for file in sink.delivered]:
                tolerated = max(0, chosen(self.config, "max_rejected_rows") - self.rejects.count)
                self.connections.followed.run(delivered, tolerated=tolerated)
            if chosen(self.config, "load_method") == "mirror" and not chosen(self.config, "erase"):
                self._remove_leavers()
            super().process_endofpipe()
        self.rejects.close()
        for (place, kind), erased in self.erased.items():
            self.logger.info("%s by %s: %s", place, kind, erased)
        report(self.logger, self.tallies, self.rejects, tolerated=chosen(self.config, "max_rejected_rows"))
        took = datetime.now(UTC) - self.started
        self.logger.info("Done in %s", duration(took.total_seconds()))

    def _remove_leavers(self) -> None:
        """Deliver what remains; then delete who has left the audiences, each once."""
        sinks = self._sinks
        for sink in sinks:
            self.drain_one(sink)
        if chosen(self.config, "require_final_state"):
            refuse_half_a_mirror(self._reader.last_type)
        audiences = {sink.audience: sink for sink in sinks if isinstance(sink, ApiSink)}
        for sink in audiences.values():
            sink.remove_leavers()

    def _finish(self, ending: BaseException | None) -> None:
        """Settle what can be settled, let go of everything, and write the receipt."""
        failed = isinstance(ending, Exception)
        self.dispatcher.close(patience=LAST_ANSWERS_SECONDS if failed else 0.0)
        for sink in self._sinks:
            if isinstance(sink, FileSink):
                sink.close()
        self.connections.close()
        try:
            self._leave_receipt(ending)
        finally:
            self.connections.close_key_ring()

    def _leave_receipt(self, ending: BaseException | None) -> None:
        """Write the receipt, where one is wanted."""
        path = self.config.get("receipt_file")
        if path and not self.planning:
            facts = RunFacts(
                execution_id=self.execution_id,
                started=self.started,
                finished=datetime.now(UTC),
                delivery=chosen(self.config, "delivery"),
                load_method=chosen(self.config, "load_method"),
                api_mode=api_mode(self.config),
                campaign_name=self.config.get("campaign_name"),
                queue=self.connections.used_queue,
                tallies=self.tallies,
                rejects=self.rejects,
                traffic=self.connections.traffic,
                files=self.files,
                jobs=self.connections.jobs,
                erased=list(self.erased.values()),
            )
            try:
                write_receipt(
                    path.format(execution_id=self.execution_id),
                    receipt(facts, ending),
                    self.connections.key_ring.signature if self._signs else None,
                )
            except ResponsysError as error:
                if ending is None:
                    raise
                # What ended the run is what has to be told.
                self.logger.warning("%s", error)

    @property
    def _sinks(self) -> list[Sink]:
        """The sinks of all streams, of earlier schemas as well."""
        return [*self._sinks_to_clear, *self._sinks_active.values()]

    @property
    def _signs(self) -> bool:
        return bool(chosen(self.config, "sign_receipt")) and not self.planning

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
        # Before a state is reported the queue runs empty: queued calls want fewer of these stops.
        factor = QUEUED_CHECKPOINT_FACTOR if queues(self.config) else 1
        due = (
            self._reader.line - line >= CHECKPOINT_LINES * factor
            or time.monotonic() - moment >= CHECKPOINT_SECONDS * factor
        )
        if due and self.connections.over_rest and not self.planning:
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

    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        """Prepare for a stream's records, and find out whether they need the SDK.

        The SDK's own way prepares a table for a stream that stream_maps leave out, too.
        """
        self._assert_line_requires(message_dict, requires={"stream", "schema"})
        self._assert_line_requires(message_dict["schema"], requires={"properties"})
        stream, schema = message_dict["stream"], message_dict["schema"]
        keys = message_dict.get("key_properties")
        maps = self.mapper.stream_maps.get(stream, ())
        if not maps or (maps[0].raw_schema, maps[0].raw_key_properties) != (schema, keys):
            self.mapper.register_raw_stream_schema(stream, schema, keys)
            maps = self.mapper.stream_maps[stream]
            for one in maps:
                if not isinstance(one, RemoveRecordTransform):
                    self.get_sink(
                        one.stream_alias,
                        schema=one.transformed_schema,
                        key_properties=one.transformed_key_properties,
                    )
        passes = passes_unchanged(maps)
        sink = cast("ResponsysSink | None", self._sinks_active.get(stream)) if passes else None
        if sink is not self._on_short_way.get(stream):
            self._on_short_way[stream] = sink
            self._reader.short.set(stream, sink.short_way() if sink else None)

    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        """Keep what only the message says, which the SDK hands to no sink; then deliver the record."""
        self.version = message_dict.get("version")
        self.deleted_at = message_dict["record"].get("_sdc_deleted_at")
        super()._process_record_message(message_dict)

    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        """Delete a stream's rows of other versions, where that is wanted, after all that came before."""
        self._assert_line_requires(message_dict, requires={"stream", "version"})
        stream = message_dict["stream"]
        if self.planning or not chosen(self.config, "process_activate_version_messages"):
            self.logger.debug("ACTIVATE_VERSION for stream %s is passed over", stream)
            return
        for stream_map in self.mapper.stream_maps.get(stream, ()):
            sink = self._sinks_active.get(stream_map.stream_alias)
            if sink is not None:
                self.drain_one(sink)
                sink.activate_version(message_dict["version"])

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
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        plan: bool = False,
        config: _ConfigInput | None = None,
        file_input: IO[str] | None = None,
    ) -> None:
        """Run the command: about, plan, or the delivery itself.

        Args:
            about: Print what the target is.
            about_format: Style of what is printed.
            plan: Print what a run would do, instead of doing it.
            config: Where settings come from.
            file_input: What to read instead of standard input.
        """
        super(Target, cls).invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        config = config or _ConfigInput()
        target = cls(config=config.config, parse_env_config=config.parse_env)
        target.planning |= plan
        if target.planning:
            check_plan_format(about_format)
            target.plan_format = about_format
        target.listen(file_input)

    @classmethod
    def print_about(cls, output_format: str | None = None) -> None:
        """Print what the target is: with its settings explained, where the SDK's text only names them."""
        if output_format not in {None, "text"}:
            super().print_about(output_format)
            return
        print(about_text(cls._get_about_info()))  # noqa: T201

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Return the SDK's command with the option --plan."""
        return with_plan(super().get_singer_command())

    @classmethod
    def cb_config(
        cls,
        ctx: click.Context,  # noqa: ARG003
        param: click.Option,  # noqa: ARG003
        value: tuple[str, ...],
    ) -> _ConfigInput:
        """Read what --config names: files, and ENV for the environment."""
        return _ConfigInput(*settings_from_option(value, cls.config_jsonschema["properties"]))

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
    use_one_heap()
    # What has been loaded stays: the garbage collector need not look at it again and again.
    gc.freeze()
    with one_line_errors(TargetResponsys.logger):
        try:
            TargetResponsys.cli()
        except MappingError as error:
            raise SettingsError("RSYS-1009", f"stream_maps cannot be used: {error}.") from error
