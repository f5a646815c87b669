"""TapResponsys: wiring, discovery, and how a run ends."""

from __future__ import annotations

import responsys_io.lean  # noqa: F401  before the SDK

# isort: split

import json
import sys
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, ClassVar

from singer_sdk import Tap
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities, TapCapabilities
from singer_sdk.plugin_base import _ConfigInput
from singer_sdk.singerlib import StateMessage

from responsys_io.abouttext import about_text
from responsys_io.configuration import settings_from_environment, settings_from_option
from responsys_io.errors import DataError, ResponsysError, SettingsError
from responsys_io.exits import one_line_errors
from responsys_io.files import FileUnavailableError
from responsys_io.heap import use_one_heap
from responsys_io.keyring import KeyRing
from responsys_io.pgpkeys import PgpKeys
from responsys_io.settings import problems
from responsys_io.signals import exit_on_signal
from tap_responsys import columns as cols
from tap_responsys.apistreams import AccountApi, ApiStream, api_streams
from tap_responsys.assembly import export_folder
from tap_responsys.checks import combination_problems, kinds
from tap_responsys.doctor.command import remember_config_files, run_doctor, with_doctor
from tap_responsys.kinds import KEY_FEEDS
from tap_responsys.recordcounts import RecordCounts
from tap_responsys.rejects import REJECTED_ROWS, RejectedRows
from tap_responsys.settings import SETTINGS
from tap_responsys.story import Story
from tap_responsys.streams import ExportStream

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    import click
    from singer_sdk import Stream

    from tap_responsys.folder import ExportFolder
    from tap_responsys.kinds import ExportKind
    from tap_responsys.parse import Rejected


class TapResponsys(Tap):
    """Oracle Responsys: contact event data and contact lists from the exports of Connect jobs."""

    name = "tap-responsys"
    dynamic_catalog = True
    message_writer_class = MsgSpecWriter
    config_jsonschema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": SETTINGS,
    }
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.DISCOVER,
        TapCapabilities.STATE,
        TapCapabilities.TEST,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    @cached_property
    def kinds(self) -> dict[str, ExportKind]:
        """The kinds of exports that there can be, by stream."""
        return kinds(self.config)

    @cached_property
    def counts(self) -> RecordCounts:
        """The record counts beside the exports."""
        config = self.config
        return RecordCounts(
            self.folder,
            self.kinds,
            ready_extension=config.get("ready_extension") or None,
            count_extension=config.get("count_extension") or None,
            includes_header=config.get("count_includes_header"),
        )

    @cached_property
    def folder(self) -> ExportFolder:
        """The folders of exports; the server is reached when they are first looked into."""
        return export_folder(self.config, self.kinds, self.key_ring)

    @cached_property
    def account_api(self) -> AccountApi:
        """The REST API, where its settings are given."""
        return AccountApi(self.config)

    @cached_property
    def story(self) -> Story:
        """What the run tells of itself."""
        return Story(self.logger)

    @cached_property
    def key_ring(self) -> KeyRing:
        """The keys for encrypted exports; gpg is asked when there is one."""
        return KeyRing(PgpKeys.from_config(self.config))

    @cached_property
    def rejected_rows(self) -> RejectedRows:
        """The stream of rows that do not fit."""
        return RejectedRows(self)

    def discover_streams(self) -> Sequence[Stream]:
        """Build a stream per kind of export, one for rejected rows, and those of the API where it is set up.

        The setting streams names those that are wanted; rejected rows are among them always.

        With a catalog nothing is opened: it says what the columns are. Without one the header of the newest
        export of each stream is read, so that custom columns are in the schema, and feeds that are neither
        on the server nor among the usual ones are not selected.
        """
        named = self.config.get("streams")
        wanted = [kind for kind in self.kinds.values() if not named or kind.stream in named]
        if self.input_catalog is not None:
            streams = [ExportStream(self, kind, kind.usual_columns) for kind in wanted]
        else:
            streams = [self._discovered(kind) for kind in wanted]
        others = [stream for stream in api_streams(self) if not named or stream.name in named]
        return [*streams, self.rejected_rows, *others]

    @property
    def streams(self) -> dict[str, Stream]:
        """The streams by name: first those of exports, which reject rows, and those of the API last.

        No login that fails keeps events waiting.
        """
        return dict(
            sorted(
                super().streams.items(),
                key=lambda item: (isinstance(item[1], ApiStream), item[1] is self.rejected_rows),
            )
        )

    def _discovered(self, kind: ExportKind) -> ExportStream:
        columns = list(kind.usual_columns)
        export = self.folder.newest(kind.stream)
        if export is not None:
            try:
                with self.folder.reader(export) as reader:
                    reader.check_header(kind.columns)
                    added = cols.new_names(reader.header, {column.name for column in columns})
                columns.extend(kind.typed(added).values())
            except DataError as error:
                self.logger.warning(
                    "Columns of %s are as documented, its header cannot be read: %s", kind.stream, error
                )
        usual = export is not None or kind.stream in KEY_FEEDS or bool(kind.pattern)
        return ExportStream(self, kind, columns, selected_by_default=usual)

    def note_failure(self, stream: str, error: ResponsysError) -> None:
        """Log why a stream stops, or goes on without a file; the run goes on and fails at its end."""
        goes_on = isinstance(error, FileUnavailableError)
        self.logger.error(
            "Stream %s %s: %s", stream, "goes on without this file" if goes_on else "stops here", error
        )
        if stream not in self._failed:
            self._failed.append(stream)

    def reject(self, stream: str, file: str, rejected: Rejected) -> None:
        """Send a row that does not fit to where it can be seen.

        Raises:
            DataError: RSYS-3107 when on_error is fail.
        """
        if self.config.get("on_error") == "fail":
            raise DataError(
                "RSYS-3107",
                f"{file} line {rejected.line}: {rejected.reason}.",
                f"on_error: quarantine would send such rows to the stream {REJECTED_ROWS} and go on.",
            )
        self.rejected_rows.add(stream, file, rejected)

    def raise_failures(self) -> None:
        """End a run in which streams have failed.

        Raises:
            DataError: RSYS-3001 naming them.
        """
        if self._failed:
            raise DataError(
                "RSYS-3001",
                f"{len(self._failed)} streams could not be read to their end: {', '.join(self._failed)}.",
                "The reasons stand above. All other streams are complete.",
            )

    @classmethod
    def invoke(  # type: ignore[override]  # narrower than PluginBase, like the SDK's own
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        doctor: bool = False,
        config: Any = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
    ) -> None:
        """Run the tap from the command line, as the SDK does, but fail when a stream has failed."""
        super(Tap, cls).invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        if doctor:
            # Streams are not wanted: to know them, the SDK would look at the server.
            examined = cls(config=config.config, parse_env_config=config.parse_env, setup_mapper=False)
            sys.exit(run_doctor(examined, state, about_format))
        tap = cls(
            config=config.config,
            parse_env_config=config.parse_env,
            state=json.load(state) if state else None,
            catalog=json.load(catalog) if catalog else None,
        )
        with tap.folder, tap.key_ring, tap.account_api:
            selected = [name for name, stream in tap.streams.items() if stream.selected]
            tap.story.begin(selected, len(tap.streams))
            tap.sync_all()
            if any(isinstance(stream, ApiStream) and stream.selected for stream in tap.streams.values()):
                # These have no state, yet a STATE at the end is how a reader sees that the tap has finished.
                tap.write_message(StateMessage(value=tap.state))
            tap.story.end()
        tap.raise_failures()

    @cached_property
    def _failed(self) -> list[str]:
        return []

    @classmethod
    def print_about(cls, output_format: str | None = None) -> None:
        """Print what the tap is: with its settings explained, where the SDK's text only names them."""
        if output_format not in {None, "text"}:
            super().print_about(output_format)
            return
        print(about_text(cls._get_about_info()))  # noqa: T201

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Return the SDK's command with the option --doctor."""
        return with_doctor(super().get_singer_command())

    @classmethod
    def cb_config(
        cls,
        ctx: click.Context,
        param: click.Option,  # noqa: ARG003
        value: tuple[str, ...],
    ) -> _ConfigInput:
        """Read what --config names: files, and ENV for the environment."""
        remember_config_files(ctx, value)
        return _ConfigInput(*settings_from_option(value, cls.config_jsonschema["properties"]))

    @classproperty
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805
        cls.append_builtin_config(cls.config_jsonschema)
        return settings_from_environment(cls.config_jsonschema["properties"], cls._env_var_prefix)

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Say what is wrong with the settings, without repeating their values.

        Raises:
            SettingsError: RSYS-1000 with every problem.
        """
        self.append_builtin_config(self.config_jsonschema)
        found = problems(self.config_jsonschema, self.config) or combination_problems(self.config)
        if found and raise_errors:
            raise SettingsError("RSYS-1000", " ".join(found), "tap-responsys --about lists every setting.")
        return found

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Unwind without another STATE: the last one is true, and a record may be half written."""
        exit_on_signal(signum, frame)


def main() -> None:
    """Run the command line interface with one-line errors."""
    use_one_heap()
    with one_line_errors(TapResponsys.logger):
        TapResponsys.cli()
