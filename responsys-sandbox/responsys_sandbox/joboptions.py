"""The command line's options for an import job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from responsys_sandbox.importjob import ImportJob, Update
from responsys_sandbox.loadmask import DEFAULT_MASK
from responsys_sandbox.planoptions import DELIMITERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_Command = TypeVar("_Command", bound="Callable[..., Any]")


def _option(*names: str, **attributes: Any) -> Callable[[_Command], _Command]:
    return click.option(*names, show_default="default" in attributes, **attributes)


_OPTIONS = (
    _option("--table", required=True, help="Supplemental table, or profile extension table."),
    _option("--folder-name", "table_folder", required=True, help="The table's folder in Responsys."),
    _option("--list", "list_name", default="", help="Profile list that the table extends."),
    _option("--match", multiple=True, help="Column of the list that members are found by; may be repeated."),
    _option("--file-pattern", required=True, help="Name or shell pattern of files."),
    _option("--directory", default="upload", help="Where the files are."),
    _option("--update", type=click.Choice(get_args(Update)), default="merge"),
    _option("--delimiter", type=click.Choice(list(DELIMITERS)), default="comma"),
    _option("--quote-char", default='"', help="Enclosure; empty for none."),
    _option("--encoding", default="utf-8", help="Character set."),
    _option("--header/--no-header", default=True, help="Whether the first line names the columns."),
    _option("--column", "columns", multiple=True, help="Column of a file without header; may be repeated."),
    _option("--by-position", is_flag=True, help="Go by the place of a column and not by its name."),
    _option("--date-mask", default=DEFAULT_MASK, help="Form of timestamps."),
    _option("--encrypted", is_flag=True, help="Files are encrypted with PGP; needs gpg."),
    _option("--count-extension", help="Of the count file; without it there is none."),
    _option("--count-name", type=click.Choice(["append", "replace"]), default="append"),
    _option("--count-header", is_flag=True, help="The count includes the header line."),
    _option("--ready-extension", help="Of the ready file; without it there is none."),
    _option("--empty-value", type=click.Choice(["blank", "keep"]), default="blank"),
    _option("--bad-rows", type=click.Choice(["fail", "skip"]), default="fail"),
    _option("--long-text", type=click.Choice(["cut", "bad"]), default="cut"),
    _option("--nobody", type=click.Choice(["skip", "fail"]), default="skip"),
)


def job_options(command: _Command) -> _Command:
    """Add the options to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def import_job(name: str, choices: Mapping[str, Any]) -> ImportJob:
    """Return the job of these options.

    Raises:
        ValueError: They contradict each other.
    """
    given = dict(choices)
    folder, delimiter = given.pop("table_folder"), DELIMITERS[given.pop("delimiter")]
    return ImportJob(name=name, folder=folder, delimiter=delimiter, **given)
