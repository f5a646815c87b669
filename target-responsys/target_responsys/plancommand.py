"""The option --plan of the command line, and how a plan is printed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from responsys_io.errors import SettingsError
from target_responsys.planreport import plan_text

if TYPE_CHECKING:
    from target_responsys.plan import RunPlan

PROBLEM_EXIT_CODE = 2

_HELP = """Read Singer messages; deliver their records into tables and lists of an Oracle Responsys account.

Settings come from the file of --config, or from the environment (--config=ENV). --about explains them.
Exits with 0 when everything is delivered, 1 when a run failed, 2 when something has to be put right first,
3 when more records were refused than are tolerated."""
_EXAMPLES = """\b
Examples:
  tap-csv-folder --config tap.json | target-responsys --config target.json
  target-responsys --config target.json --plan < audience.jsonl
  cat rejects.jsonl | target-responsys --config target.json"""


def with_plan(command: click.Command) -> click.Command:
    """Add the option to the SDK's command, and text to the formats, which are those of --about as well."""
    command.help = _HELP
    command.epilog = _EXAMPLES
    for option in command.params:
        if option.name == "about_format" and isinstance(option, click.Option):
            option.type = click.Choice(["text", "json", "markdown"], case_sensitive=False)
            option.help = "Specify output style for --about and --plan (which has no markdown)"
    command.params.append(
        click.Option(
            ["--plan"],
            is_flag=True,
            help="Read the input, compare it with the tables and print what a run would do. Nothing is "
            "written. Exits with 0 when a run can go ahead, with 2 when it would stop.",
        )
    )
    return command


def check_plan_format(output_format: str | None) -> None:
    """Refuse a format that a plan does not have.

    Raises:
        SettingsError: RSYS-1020.
    """
    if output_format == "markdown":
        raise SettingsError("RSYS-1020", "--plan has no markdown.", "Use --format text or --format json.")


def print_plan(plan: RunPlan, output_format: str | None) -> None:
    """Print a plan to standard output.

    Args:
        plan: The plan.
        output_format: text, which is the default, or json.

    Raises:
        SystemExit: With code 2 when a run would stop.
    """
    if output_format == "json":
        click.echo(json.dumps(plan.document(), indent=2, ensure_ascii=False))
    else:
        click.echo(plan_text(plan))
    if plan.problems:
        raise SystemExit(PROBLEM_EXIT_CODE)
