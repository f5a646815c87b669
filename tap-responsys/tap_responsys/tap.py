"""TapResponsys: settings, discovery, and how a run ends."""

from __future__ import annotations

import json
import logging
from datetime import date
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, ClassVar

from singer_sdk import Tap
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities, TapCapabilities
from singer_sdk.plugin_base import _ConfigInput

from responsys_io.configuration import settings_from_environment, settings_from_files
from responsys_io.errors import DataError, ResponsysError, SettingsError
from responsys_io.exits import exit_on_signal, one_line_errors
from responsys_io.feeds import feeds
from responsys_io.fileserver import FileServer, FileServerLogin
from responsys_io.settings import FILE_SERVER_PROPERTIES, delimiter_of, format_problems, problems, setting
from tap_responsys import columns as cols
from tap_responsys.folder import ExportFolder
from tap_responsys.listing import CONTACTS, ExportNames
from tap_responsys.parse import Dialect
from tap_responsys.rejects import REJECTED_ROWS, RejectedRows
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

SETTINGS = {
    **FILE_SERVER_PROPERTIES,
    "path": setting(
        "string",
        "Folder",
        "Folder of the exports, relative to the user's home unless it begins with a slash.",
        default="download",
        examples=["download", "download/CED_Data"],
    ),
    "account_id": setting(
        "string", "Account id", "Read only feed files whose name begins with this Responsys account number."
    ),
    "contacts_file_pattern": setting(
        "string",
        "Contact list files",
        "Shell pattern for the names of contact list exports; case does not matter.",
        default="*CONTACT_LIST*",
    ),
    "start_date": setting(
        "string",
        "Start date",
        "Leave out exports made before this day. The file server itself holds the last 14 days at first.",
        format="date-time",
        examples=["2026-01-31"],
    ),
    "delimiter": setting(
        "string",
        "Delimiter",
        "Field delimiter of the export job: one character, or comma, semicolon, pipe, tab.",
        default=",",
    ),
    "quote_char": setting(
        "string", "Enclosure", "Field enclosure of the export job; empty for none.", default='"', maxLength=1
    ),
    "encoding": setting("string", "Character set", "Character set of the export job.", default="utf-8"),
    "timezone": setting(
        "string",
        "Time zone",
        "IANA name of the zone that exports write times in. UTC unless the account exports in its own time.",
        default="UTC",
        examples=["UTC", "America/Chicago"],
    ),
    "ready_extension": setting(
        "string",
        "Ready file extension",
        "Extension of the ready files that the export job writes. An export without one waits "
        "for a later run. When not set, an export is read once it has kept still.",
        examples=["ready"],
    ),
    "count_extension": setting(
        "string",
        "Count file extension",
        "Extension of count files that the export job writes. Where a ready or count file states a number of "
        "records, an export with another number of rows does not count as read.",
        examples=["count"],
    ),
    "count_includes_header": setting(
        "boolean",
        "Counts include the header",
        "Whether the numbers in ready and count files count the header line. When not set, the first file of "
        "a stream shows it.",
    ),
    "settle_seconds": setting(
        "number",
        "Settle time",
        "How many seconds an export has to keep its size and time to count as complete where there are no "
        "ready files.",
        default=10,
        minimum=0,
    ),
    "on_error": setting(
        "string",
        "Rows that do not fit",
        f"quarantine sends them to the stream {REJECTED_ROWS} and goes on; fail stops at the first one.",
        default="quarantine",
        enum=["quarantine", "fail", None],
    ),
}


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
        names = ExportNames(self._setting("contacts_file_pattern"), config.get("account_id") or None)
        return ExportFolder(
            FileServer(FileServerLogin.from_config(config)),
            self._setting("path"),
            names,
            self._dialect(),
            ready_extension=config.get("ready_extension") or None,
            count_extension=config.get("count_extension") or None,
            settle_seconds=self._setting("settle_seconds"),
        )

    def discover_streams(self) -> Sequence[Stream]:
        """Build a stream per feed, one for the contact list and one for rejected rows.

        With a catalog nothing is opened: it says what the columns are. Without one the header of the newest
        export of each stream is read, so that custom columns are in the schema, and feeds that are neither
        on the server nor among the usual ones are not selected.
        """
        names = [*(feed.stream_name for feed in feeds().values()), CONTACTS]
        if self.input_catalog is not None:
            streams = [ExportStream(self, name, cols.documented(name)) for name in names]
        else:
            streams = [self._discovered(name) for name in names]
        return [*streams, self._rejected_rows]

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
        self._rejected_rows.add(stream, file, rejected)

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
        with tap.folder:
            tap.sync_all()
        tap.raise_failures()

    @cached_property
    def _failed(self) -> list[str]:
        return []

    @cached_property
    def _rejected_rows(self) -> RejectedRows:
        return RejectedRows(self)

    def _setting(self, name: str) -> Any:
        value = self.config.get(name)
        return SETTINGS[name]["default"] if value is None else value

    def _dialect(self) -> Dialect:
        return Dialect(
            delimiter=delimiter_of(self._setting("delimiter")),
            quote_char=self._setting("quote_char"),
            encoding=self._setting("encoding"),
            timezone=self._setting("timezone"),
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
        files = [path for path in value if path != "ENV"]
        return _ConfigInput(config=settings_from_files(files), parse_env=len(files) < len(value))

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
    logging.getLogger("paramiko").setLevel(logging.WARNING)
    with one_line_errors(TapResponsys.logger):
        TapResponsys.cli()
