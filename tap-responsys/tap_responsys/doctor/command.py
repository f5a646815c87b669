"""The option --doctor of the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

import click

from responsys_io.errors import SettingsError
from tap_responsys.doctor.document import document, status
from tap_responsys.doctor.examine import examine
from tap_responsys.doctor.gather import gather
from tap_responsys.doctor.report import report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_responsys.tap import TapResponsys

EXIT_CODES = {"ok": 0, "warning": 1, "problem": 2}

_CONFIG_FILES = f"{__package__}.config_files"

_HELP = """Read the exports of an Oracle Responsys account; write them as Singer messages to standard output.

Settings come from the file of --config, or from the environment (--config=ENV). --about explains them.
Without a catalog, contacts, the seven feeds of engagement and every other feed with a file are read."""
_EXAMPLES = """\b
Examples:
  tap-responsys --config tap.json --doctor
  tap-responsys --config tap.json --state state.json | target-jsonl
  tap-responsys --config=ENV --discover > catalog.json"""


def with_doctor(command: click.Command) -> click.Command:
    """Add the option to the SDK's command, and text to the formats, which are those of --about as well."""
    command.help = _HELP
    command.epilog = _EXAMPLES
    for option in command.params:
        if option.name == "about_format" and isinstance(option, click.Option):
            option.type = click.Choice(["text", "json", "markdown"], case_sensitive=False)
            option.help = "Specify output style for --about and --doctor (which has no markdown)"
    command.params.append(
        click.Option(
            ["--doctor"],
            is_flag=True,
            help="Examine connection, exports and history and say what to do. Takes --state to know what has "
            "been read. Exits with 0 for no finding, 1 for warnings, 2 for a problem.",
        )
    )
    return command


def remember_config_files(context: click.Context, values: Sequence[str]) -> None:
    """Note which files the settings come from: the doctor looks at who may read them."""
    context.meta[_CONFIG_FILES] = [value for value in values if value != "ENV"]


def run_doctor(tap: TapResponsys, state: IO[str] | None, output_format: str | None) -> int:
    """Examine, print the report and return the exit code.

    Args:
        tap: The tap with its settings, without its streams.
        state: The file of --state.
        output_format: text, which is the default, or json.

    Raises:
        SettingsError: RSYS-1031 for another format, RSYS-1032 for a state that is no JSON object.
    """
    if output_format == "markdown":
        raise SettingsError("RSYS-1031", "--doctor has no markdown.", "Use --format text or --format json.")
    context = click.get_current_context()
    facts = gather(tap, _loaded(state), context.meta.get(_CONFIG_FILES, ()), datetime.now(UTC))
    findings = examine(facts)
    if output_format == "json":
        click.echo(json.dumps(document(facts, findings), indent=2))
    else:
        click.echo(report(facts, findings))
    return EXIT_CODES[status(findings)]


def _loaded(state: IO[str] | None) -> dict[str, Any] | None:
    if state is None:
        return None
    loaded = json.load(state)
    if not isinstance(loaded, dict):
        raise SettingsError("RSYS-1032", "The file of --state holds no JSON object.", "Check --state.")
    return loaded
