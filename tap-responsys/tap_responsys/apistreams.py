"""ApiStream: what the account holds, read whole over the REST API at every run."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel

from responsys_io.errors import DataError, ResponsysError
from responsys_io.restapi import RestApi
from responsys_io.restlogin import CERTIFICATE_SETTINGS, PASSWORD_SETTINGS
from tap_responsys.apiobjects import API_OBJECTS
from tap_responsys.apivalues import converted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_responsys.apiobjects import ApiObject
    from tap_responsys.tap import TapResponsys


class AccountApi:
    """The REST API of a run, where its settings are given. Use as a context manager, or close it.

    Nothing is sent before something is read; all streams share one session, signed in once.

    Args:
        config: The tap's settings.

    Raises:
        SettingsError: RSYS-1006, RSYS-4013 and others when only some of the login's settings are given, or
            wrong ones.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.given = any(config.get(name) for name in (*PASSWORD_SETTINGS, *CERTIFICATE_SETTINGS))
        self._api = RestApi.from_config(config) if self.given else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        if self._api is not None:
            self._api.close()

    @cached_property
    def paced(self) -> RestApi:
        """The API, signed in to and paced by the account's own limits.

        Raises:
            SettingsError: RSYS-4002, RSYS-4010 and others when the login is refused.
            TransientError: When it does not succeed for another reason.
        """
        api = self._api
        if api is None:
            raise LookupError("no API settings")
        api.keep_to_limits()
        return api


class ApiStream(Stream):
    """All objects of one kind.

    There is no state: lists are short, and the API cannot say what has changed in them. `launches` holds what
    each campaign is scheduled for, since the standard API has no history of launches: LAUNCH_ID of the events
    is explained by the feed LAUNCH_STATE.

    Args:
        tap: The tap.
        described: What is listed.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    def __init__(self, tap: TapResponsys, described: ApiObject) -> None:
        self._api_tap = tap
        self._described = described
        super().__init__(tap, schema=described.schema, name=described.stream)
        self.primary_keys = described.keys
        # The SDK notes every stream in the state it is given: this one's is nobody's.
        self._tap_state = {}

    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:  # noqa: ARG002
        """Read the list.

        A list that cannot be read stops this stream only. A login that is refused is no stream's failure: it
        ends the run, after everything that comes from files (see the tap's `streams`).

        Raises:
            ResponsysError: When the login does not succeed.
        """
        api = self._api_tap.account_api.paced
        try:
            for entry in self._described.read(api):
                yield self._record(entry)
        except ResponsysError as error:
            self._api_tap.note_failure(self.name, error)

    def _record(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        record = {}
        for name, (kind, _) in self._described.columns.items():
            if not self.mask["properties", name]:
                continue
            try:
                record[name] = converted(entry.get(name), kind)
            except ValueError:
                raise self._misfit(name, f"is of another kind than {kind}") from None
        for name in self._described.keys:
            if record.get(name) in {None, ""}:
                raise self._misfit(name, "is empty")
        return record

    def _misfit(self, column: str, problem: str) -> DataError:
        return DataError(
            "RSYS-4014",
            f"Responsys listed one of {self.name} whose {column} {problem}.",
            "Please report it; until then leave the column, or the whole stream, out of the selection.",
        )

    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:
        """Log as the SDK does, but for its remark on any exception that passes: our error line says more."""
        if level < logging.ERROR:
            super().log(message, *args, level=level, **kwargs)

    def _write_state_message(self) -> None:
        """Write nothing: there is no state."""


def api_streams(tap: TapResponsys) -> list[ApiStream]:
    """Return the streams of the REST API; none where its settings are not given."""
    return [ApiStream(tap, described) for described in API_OBJECTS] if tap.account_api.given else []
