"""The command line: run a sandbox, and do in one what an account's administrator and the days do."""

from __future__ import annotations

import json
import shlex
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from responsys_sandbox.account import Account, AccountError, known_plan
from responsys_sandbox.commandrun import run_command, stop_signal, unwind_on_termination
from responsys_sandbox.imports import run_import
from responsys_sandbox.joboptions import import_job, job_options
from responsys_sandbox.pgp import PgpKeyFolder
from responsys_sandbox.planoptions import account_plan, plan_options
from responsys_sandbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from responsys_sandbox.imports import ImportedFile
    from responsys_sandbox.jobstore import JobRun
    from responsys_sandbox.sandbox import Sandbox

_Command = TypeVar("_Command", bound="Callable[..., Any]")

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


def _api_options(command: _Command) -> _Command:
    """Add the options of the REST API."""
    command = click.option(
        "--rest",
        multiple=True,
        metavar="NAME=VALUE",
        help="Change an option of the REST API, such as limit_status=429; may be repeated. The names are "
        "those of RestOptions.",
    )(command)
    return click.option(
        "--api-login",
        type=click.Choice(["password", "certificate"]),
        default="password",
        show_default=True,
        help="What the settings sign in to the REST API with.",
    )(command)


@main.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@plan_options
@_api_options
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
@_api_options
@click.option(
    "--page-port", type=click.IntRange(0, 65535), default=0, help="Port of the page; any free one if 0."
)
@click.option("--json", "as_json", is_flag=True, help="Print the settings as one JSON object.")
def serve(*, as_json: bool, **choices: Any) -> None:
    """Keep a sandbox running until SIGINT or SIGTERM, and print the plugins' settings.

    RESPONSYS_SANDBOX_PAGE among them is the address of a page that shows what there is.
    """
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
@job_options
def import_files(folder: Path, **choices: Any) -> None:
    """Run a Connect import job over the uploaded files that match."""
    job = import_job("import", choices)
    with _store(folder) as store:
        files = run_import(store, folder / "files", job, keys=PgpKeyFolder(folder / "keys")).files
    if not files:
        raise click.ClickException(f"No file in {job.directory}/ matches {job.file_pattern}.")
    for file in files:
        click.echo(f"{file.name}: {_outcome(file)}", err=file.problem is not None)
    if any(file.problem for file in files):
        raise SystemExit(1)


@main.command("add-job")
@_running_folder
@click.option("--name", required=True, help="The job's name; a job of that name is changed.")
@click.option("--inactive", is_flag=True, help="Do not activate it.")
@job_options
def add_job(folder: Path, name: str, *, inactive: bool, **choices: Any) -> None:
    """Save a Connect import job and print its id, which the target's connect_job_id names."""
    with _store(folder) as store:
        job_id = store.jobs.save(import_job(name, choices))
        store.jobs.activate(job_id, active=not inactive)
    click.echo(str(job_id))


@main.command()
@_running_folder
def jobs(folder: Path) -> None:
    """Print the Connect jobs with the last run of each."""
    with _store(folder) as store:
        for job in store.jobs.jobs():
            runs = store.jobs.runs(job.id)
            state = "active" if job.active else "inactive"
            click.echo(f"{job.id}\t{job.name}\t{state}\t{_run(runs[-1]) if runs else 'never run'}")


def _run(run: JobRun) -> str:
    counts = run.counts
    told = f"{counts.processed} records, {counts.added} added, {counts.updated} updated"
    reason = f" ({run.message})" if run.message else ""
    return f"run {run.id} {run.status}{reason}: {told}, {counts.rejected} rejected"


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
    from responsys_sandbox.rest.switches import rest_options  # noqa: PLC0415
    from responsys_sandbox.sandbox import Sandbox, SandboxOptions  # noqa: PLC0415

    folder, days, every = (choices.pop(name) for name in ("folder", "days", "import_every"))
    page_port = choices.pop("page_port", 0)
    rest, login = rest_options(choices.pop("rest")), choices.pop("api_login")
    folder = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="responsys-sandbox-")))
    plan = account_plan(known_plan(folder), choices)
    options = SandboxOptions(
        days=days, plan=plan, rest=rest, api_login=login, import_every=every, page_port=page_port
    )
    return stack.enter_context(Sandbox(folder, options=options))
