"""The command line's options for an account and its export jobs."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from responsys_sandbox.account import AccountPlan
from responsys_sandbox.exportoptions import ExportOptions, FullLists

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_Command = TypeVar("_Command", bound="Callable[..., Any]")

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}


_FULL = click.Choice(get_args(FullLists))


def _words(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(word.strip() for word in value.split(",") if word.strip())


def _numbers(_: click.Context, __: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    words = _words(_, __, value)
    if words is not None and not all(word.isdecimal() for word in words):
        raise click.BadParameter("days are whole numbers, separated by commas")
    return None if words is None else tuple(map(int, words))


def _option(*names: str, **attributes: Any) -> Callable[[_Command], _Command]:
    """Return an option without a default, so that only what the user has chosen overrides a folder's plan."""
    return click.option(*names, default=None, **attributes)


def _flag(names: str, text: str) -> Callable[[_Command], _Command]:
    return _option(names, is_flag=True, help=text)


_OPTIONS = (
    click.option(
        "--folder",
        type=click.Path(file_okay=False, path_type=Path),
        help="State folder, made if missing and kept. Default: a temporary one, removed at the end.",
    ),
    click.option(
        "--days",
        type=click.IntRange(min=0),
        default=14,
        show_default=True,
        help="Days of exports that there are at least.",
    ),
    click.option(
        "--import-every",
        type=click.FloatRange(min=0, min_open=True),
        help="Seconds between looks for files that a saved import job waits for. Default: a job runs only "
        "when it is started over REST.",
    ),
    _option("--contacts", type=click.IntRange(min=1), help="People in the list at first.  [default: 500]"),
    _option("--seed", type=int, help="Same seed, same account.  [default: 1]"),
    _option(
        "--leaving", type=click.FloatRange(0, 0.5), help="Part of the list deleted in a day.  [default: 0]"
    ),
    _option("--start", type=click.DateTime(["%Y-%m-%d"]), help="Day of the first exports."),
    _option("--account-id", type=click.IntRange(min=1), help="The account's number."),
    _option("--utc-offset", type=click.IntRange(-14, 14), help="The account's zone, hours east of UTC."),
    _option("--delimiter", type=click.Choice(list(DELIMITERS)), help="Between fields."),
    _option("--quote-char", "quote", help="Enclosure; empty for none."),
    _option("--encoding", help="Character set."),
    _flag("--header/--no-header", "Whether the first line names the columns."),
    _option("--extension", type=click.Choice(["txt", "csv"]), help="Of feed files."),
    _option("--compression", type=click.Choice(["none", "zip", "gz"]), help="How files are packed."),
    _flag("--inner-suffix/--no-inner-suffix", "Name packed files X.txt.zip, not X.zip."),
    _option("--encryption", type=click.Choice(["none", "pgp"]), help="How files are encrypted; needs gpg."),
    _flag("--pgp-armour/--no-pgp-armour", "Encrypt to text, not to binary."),
    _flag("--pgp-signed/--no-pgp-signed", "Sign what is encrypted."),
    _flag("--pgp-first/--no-pgp-first", "Encrypt before packing, not after it."),
    _option("--ready-extension", help="Of ready files; empty for none."),
    _option(
        "--ready-name",
        type=click.Choice(["base", "inner", "full"]),
        help="Name ready files X.ready, X.txt.ready or X.zip.ready.",
    ),
    _flag("--ready-count/--no-ready-count", "Whether ready files hold the number of records."),
    _option("--count-extension", help="Of count files; empty for none."),
    _flag("--count-header/--no-count-header", "Whether counts include the header line."),
    _option("--empty-feed", type=click.Choice(["header", "zero", "none"]), help="What no events become."),
    _option("--custom-columns", callback=_words, help="The account's custom columns, separated by commas."),
    _option("--custom-position", type=click.Choice(["default", "first", "last"]), help="Where they stand."),
    _option("--add-ons", callback=_words, help="Add-on columns switched on, separated by commas."),
    _flag("--shuffle-columns/--no-shuffle-columns", "Give the account an order of columns of its own."),
    _flag("--local-times/--no-local-times", "Write times in the account's zone, not in UTC."),
    _option("--feeds", callback=_words, help="Feeds of the daily run, separated by commas."),
    _option("--contacts-name", help="Of contact list files; {stamp} is the time, {kind} full or delta."),
    _option("--contacts-full", type=_FULL, help="When the contact list is exported in full; else a delta."),
    _option("--second-list-name", help="Of files of a second contact list; empty for none."),
    _option("--second-list-full", type=_FULL, help="When that one is exported in full."),
    _option("--second-list-share", type=click.FloatRange(0, 1), help="Part of the contacts that is in it."),
    _option("--extension-name", help="Of files of a profile extension table; empty for none."),
    _option("--supplemental-name", help="Of files of a supplemental table; empty for none."),
    _option("--silent-days", callback=_numbers, help="Days without any job, 0 the first, by commas."),
)


def plan_options(command: _Command) -> _Command:
    """Add the options to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def account_plan(known: AccountPlan | None, choices: Mapping[str, Any]) -> AccountPlan:
    """Return the plan of a folder, or the default one, with what the user has chosen.

    Args:
        known: The plan that the folder has.
        choices: Values of the options; None where nothing was chosen.

    Raises:
        ValueError: If a value is none that Connect knows.
    """
    plan = known or AccountPlan()
    chosen = {name: value for name, value in choices.items() if value is not None}
    if "delimiter" in chosen:
        chosen["delimiter"] = DELIMITERS[chosen["delimiter"]]
    for name in ("ready_extension", "count_extension"):
        if name in chosen:
            chosen[name] = chosen[name] or None
    if "start" in chosen:
        chosen["start"] = chosen["start"].date()
    names = {field.name for field in fields(ExportOptions)}
    exports = replace(plan.exports, **{name: value for name, value in chosen.items() if name in names})
    own = {name: value for name, value in chosen.items() if name not in names}
    return replace(plan, exports=exports, **own)
