"""The command line: run a sandbox, and do in one what an account's administrator and the days do."""

from __future__ import annotations

import json
import shlex
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from responsys_sandbox.account import Account, AccountError, known_plan
from responsys_sandbox.commandrun import run_command, stop_signal, unwind_on_termination
from responsys_sandbox.importjob import ImportJob
from responsys_sandbox.imports import run_import
from responsys_sandbox.planoptions import DELIMITERS, account_plan, plan_options
from responsys_sandbox.store import Store

if TYPE_CHECKING:
    from responsys_sandbox.imports import ImportedFile
    from responsys_sandbox.sandbox import Sandbox

FOLDER_VARIABLE = "RESPONSYS_SANDBOX_FOLDER"


class _OneLineErrors(click.Group):
    """Shows what a user can get wrong as one line, whatever command it comes from."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (AccountError, OSError, ValueError, LookupError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_OneLineErrors, context_settings={"max_content_width": 110})
@click.version_option(package_name="responsys-sandbox")
def main() -> None:
    """Oracle Responsys on this machine: SFTP server, REST API, exports and import jobs."""


_running_folder = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    envvar=FOLDER_VARIABLE,
    required=True,
    show_envvar=True,
    help="Folder of the sandbox.",
)


@main.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@plan_options
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(command: tuple[str, ...], **choices: Any) -> None:
    """Run COMMAND with a sandbox beside it.

    The settings of tap-responsys and target-responsys are in COMMAND's environment. Signals go to COMMAND,
    and its exit code becomes this one's.
    """
    unwind_on_termination()
    with ExitStack() as stack:
        sandbox = _started(stack, choices)
        code = run_command(command, sandbox.settings)
    raise SystemExit(code)


@main.command()
@plan_options
@click.option("--json", "as_json", is_flag=True, help="Print the settings as one JSON object.")
def serve(*, as_json: bool, **choices: Any) -> None:
    """Keep a sandbox running until SIGINT or SIGTERM, and print the plugins' settings."""
    unwind_on_termination()
    with ExitStack() as stack:
        settings = _started(stack, choices).settings
        with stop_signal() as stopped:
            if as_json:
                click.echo(json.dumps(settings))
            else:
                for name, value in settings.items():
                    click.echo(f"export {name}={shlex.quote(value)}")
            stopped.wait()


@main.command("add-day")
@_running_folder
@click.option("--days", type=click.IntRange(min=1), default=1, show_default=True, help="How many.")
def add_day(folder: Path, days: int) -> None:
    """Let a day go by: write its exports."""
    account = Account(folder)
    files = account.add_days(days)
    click.echo(f"{len(files)} files in {files[0].parent if files else folder}, day {account.days}")


@main.command("import")
@_running_folder
@click.option("--table", required=True, help="Supplemental table.")
@click.option("--folder-name", "table_folder", required=True, help="The table's folder in Responsys.")
@click.option("--file-pattern", required=True, help="Name or shell pattern of files in upload/.")
@click.option(
    "--update", type=click.Choice(["merge", "append", "overwrite"]), default="merge", show_default=True
)
@click.option("--delimiter", type=click.Choice(list(DELIMITERS)), default="comma", show_default=True)
@click.option("--quote-char", default='"', show_default=True, help="Enclosure; empty for none.")
@click.option("--encoding", default="utf-8", show_default=True)
@click.option("--count-extension", help="Of the count file; without it there is none.")
@click.option("--count-header", is_flag=True, help="The count includes the header line.")
@click.option("--ready-extension", help="Of the ready file; without it there is none.")
@click.option("--empty-value", type=click.Choice(["blank", "keep"]), default="blank", show_default=True)
def import_files(folder: Path, table: str, table_folder: str, delimiter: str, **choices: Any) -> None:
    """Run a Connect import job over the uploaded files that match."""
    job = ImportJob(
        name="import", folder=table_folder, table=table, delimiter=DELIMITERS[delimiter], **choices
    )
    with _store(folder) as store:
        files = run_import(store, folder / "files", job).files
    if not files:
        raise click.ClickException(f"No file in upload/ matches {job.file_pattern}.")
    for file in files:
        click.echo(f"{file.name}: {_outcome(file)}", err=file.problem is not None)
    if any(file.problem for file in files):
        raise SystemExit(1)


def _outcome(file: ImportedFile) -> str:
    if file.problem:
        return f"not loaded, {file.problem}"
    return f"{file.records} records, {file.inserted} inserted, {file.updated} updated, {file.skipped} skipped"


@main.command()
@_running_folder
def tables(folder: Path) -> None:
    """Print the supplemental tables with their numbers of rows."""
    with _store(folder) as store:
        for table in store.tables():
            click.echo(f"{table.folder}\t{table.name}\t{store.row_count(table.folder, table.name)}")


def _store(folder: Path) -> Store:
    if known_plan(folder) is None:
        raise AccountError(f"{folder} holds no sandbox.")
    return Store(folder / "account.sqlite")


def _started(stack: ExitStack, choices: dict[str, Any]) -> Sandbox:
    """Start the sandbox of these choices; without a folder in one that lasts as long as it runs."""
    # Loads both servers, which the other commands do without.
    from responsys_sandbox.sandbox import Sandbox, SandboxOptions  # noqa: PLC0415

    folder, days = choices.pop("folder"), choices.pop("days")
    folder = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="responsys-sandbox-")))
    plan = account_plan(known_plan(folder), choices)
    return stack.enter_context(Sandbox(folder, options=SandboxOptions(days=days, plan=plan)))
