"""Rows by the day they were last changed: `qa=d` with `sdate` and `edate` (rest-api.md section 4)."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from responsys_sandbox.rest.errors import invalid
from responsys_sandbox.values import STORED_TIMESTAMP

if TYPE_CHECKING:
    from responsys_sandbox.memberrows import Row
    from responsys_sandbox.rest.call import Call

_DAY = "%m-%d-%Y"
_PACIFIC = ZoneInfo("America/Los_Angeles")
"""The days of these queries are Pacific ones, whatever the account's zone."""


def changed_on_the_days(call: Call, rows: list[Row]) -> list[Row]:
    """Return the rows that were changed on a day from `sdate` to `edate`.

    Raises:
        ApiError: a date is missing or is not MM-DD-YYYY.
    """
    first, last = _day(call, "sdate"), _day(call, "edate")
    return [row for row in rows if first <= _changed(call, row) <= last]


def _day(call: Call, name: str) -> date:
    try:
        return datetime.strptime(call.query.get(name, [""])[0], _DAY).replace(tzinfo=_PACIFIC).date()
    except ValueError:
        raise invalid(f"{name} must be a date in the format MM-DD-YYYY") from None


def _changed(call: Call, row: Row) -> date:
    moment = datetime.strptime(str(row["MODIFIED_DATE_"]), STORED_TIMESTAMP)  # noqa: DTZ007 - clock time
    own = moment.replace(tzinfo=ZoneInfo(call.options.account_time_zone))
    return own.astimezone(_PACIFIC).date()
