"""TapResponsys: wiring, discovery, and how a run ends."""

from __future__ import annotations

import json
from datetime import date
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, ClassVar

from singer_sdk import Tap
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities, TapCapabilities
from singer_sdk.plugin_base import _ConfigInput
from singer_sdk.singerlib import StateMessage

from responsys_io.configuration import settings_from_environment, settings_from_option
from responsys_io.errors import DataError, ResponsysError, SettingsError
from responsys_io.exits import exit_on_signal, one_line_errors
from responsys_io.feeds import feeds
from responsys_io.fileserver import FileServer, FileServerLogin
from responsys_io.keyring import KeyRing
from responsys_io.pgpkeys import PgpKeys
from responsys_io.settings import delimiter_of, format_problems, problems
from tap_responsys import columns as cols
from tap_responsys.apistreams import AccountApi, ApiStream, api_streams
from tap_responsys.folder import ExportFolder
from tap_responsys.listing import CONTACTS, ExportNames
from tap_responsys.parse import Dialect
from tap_responsys.rejects import REJECTED_ROWS, RejectedRows
from tap_responsys.settings import SETTINGS, chosen
from tap_responsys.streams import ExportStream

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    import click
    from singer_sdk import Stream

    from tap_responsys.parse import Rejected

# What the integration that this project was made for reads: the seven key feeds and the contact list.
USUAL_STREAMS = frozenset(
    {"sent", "open", "click", "bounce", "opt_in", "opt_out", "launch_state", CONTACTS, REJECTED_ROWS}
)


class TapResponsys(Tap):
    """Oracle Responsys: contact event data and contact lists from the exports of Connect jobs."""

    name = "tap-responsys"
    dynamic_catalog = True
    message_writer_class = MsgSpecWriter
    config_jsonschema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": SETTINGS,
        "required": ["host", "username"],
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
    def folder(self) -> ExportFolder:
        """The folder of exports; the server is reached when it is first looked into."""
        config = self.config
        names = ExportNames(chosen(config, "contacts_file_pattern"), config.get("account_id") or None)
        return ExportFolder(
            FileServer(FileServerLogin.from_config(config)),
            chosen(config, "path"),
            names,
            self._dialect(),
            column_names=config.get("column_names"),
            ready_extension=config.get("ready_extension") or None,
            count_extension=config.get("count_extension") or None,
            settle_seconds=chosen(config, "settle_seconds"),
            ring=self.key_ring,
        )

    @cached_property
    def account_api(self) -> AccountApi:
        """The REST API, where its settings are given."""
        return AccountApi(self.config)

    @cached_property
    def key_ring(self) -> KeyRing:
        """The keys for encrypted exports; gpg is asked when there is one."""
        return KeyRing(PgpKeys.from_config(self.config))

    @cached_property
    def rejected_rows(self) -> RejectedRows:
        """The stream of rows that do not fit."""
        return RejectedRows(self)

    def discover_streams(self) -> Sequence[Stream]:
        """Build a stream per feed, one for the contact list, one for rejected rows, and those of the API.

        With a catalog nothing is opened: it says what the columns are. Without one the header of the newest
        export of each stream is read, so that custom columns are in the schema, and feeds that are neither
        on the server nor among the usual ones are not selected.
        """
        names = [*(feed.stream_name for feed in feeds().values()), CONTACTS]
        if self.input_catalog is not None:
            streams = [ExportStream(self, name, cols.documented(name)) for name in names]
        else:
            streams = [self._discovered(name) for name in names]
        return [*streams, self.rejected_rows, *api_streams(self)]

    @property
    def streams(self) -> dict[str, Stream]:
        """The streams by name, those of the API last: no login that fails keeps events waiting."""
        return dict(sorted(super().streams.items(), key=lambda item: isinstance(item[1], ApiStream)))

    def _discovered(self, name: str) -> ExportStream:
        columns = list(cols.documented(name))
        export = self.folder.newest(name)
        if export is not None:
            try:
                with self.folder.reader(export) as reader:
                    reader.check_header(columns)
                    added = cols.new_names(reader.header, {column.name for column in columns})
                columns.extend(cols.typed(name, added).values())
            except DataError as error:
                self.logger.warning(
                    "Columns of %s are as documented, its header cannot be read: %s", name, error
                )
        return ExportStream(
            self, name, columns, selected_by_default=export is not None or name in USUAL_STREAMS
        )

    def note_failure(self, stream: str, error: ResponsysError) -> None:
        """Log why a stream stops; the run goes on with the others and fails at its end."""
        self.logger.error("Stream %s stops here: %s", stream, error)
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
        config: Any = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
    ) -> None:
        """Run the tap from the command line, as the SDK does, but fail when a stream has failed."""
        super(Tap, cls).invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        tap = cls(
            config=config.config,
            parse_env_config=config.parse_env,
            state=json.load(state) if state else None,
            catalog=json.load(catalog) if catalog else None,
        )
        with tap.folder, tap.key_ring, tap.account_api:
            tap.sync_all()
            if any(isinstance(stream, ApiStream) and stream.selected for stream in tap.streams.values()):
                # These have no state, yet a STATE at the end is how a reader sees that the tap has finished.
                tap.write_message(StateMessage(value=tap.state))
        tap.raise_failures()

    @cached_property
    def _failed(self) -> list[str]:
        return []

    def _dialect(self) -> Dialect:
        config = self.config
        return Dialect(
            delimiter=delimiter_of(chosen(config, "delimiter")),
            quote_char=chosen(config, "quote_char"),
            encoding=chosen(config, "encoding"),
            timezone=chosen(config, "timezone"),
            has_header=chosen(config, "has_header"),
        )

    def _format_problems(self) -> list[str]:
        dialect = self._dialect()
        found = format_problems(
            encoding=dialect.encoding,
            timezone=dialect.timezone,
            delimiter=dialect.delimiter,
            quote_char=dialect.quote_char,
        )
        try:
            date.fromisoformat((self.config.get("start_date") or "2000-01-01")[:10])
        except ValueError:
            found.append("Setting start_date is no date in ISO 8601 form, like 2026-01-31.")
        return found

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

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Say what is wrong with the settings, without repeating their values.

        Raises:
            SettingsError: RSYS-1000 with every problem.
        """
        self.append_builtin_config(self.config_jsonschema)
        found = problems(self.config_jsonschema, self.config) or self._format_problems()
        if found and raise_errors:
            raise SettingsError("RSYS-1000", " ".join(found), "tap-responsys --about lists every setting.")
        return found

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Unwind without another STATE: the last one is true, and a record may be half written."""
        exit_on_signal(signum, frame)


def main() -> None:
    """Run the command line interface with one-line errors."""
    with one_line_errors(TapResponsys.logger):
        TapResponsys.cli()
