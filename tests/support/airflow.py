"""Airflow for real: API server, DAG processor and scheduler, which runs the tasks in processes of its own."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg.rows import class_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
AIRFLOW = ROOT / ".venv-airflow" / "bin" / "airflow"
COMMANDS = ("api-server", "dag-processor", "scheduler")
STOP_SECONDS = 30.0


@dataclass(frozen=True)
class Attempt:
    """A try of a task: what Airflow's database says of it."""

    task_id: str
    map_index: int
    try_number: int
    state: str
    begin: float
    end: float
    label: str | None

    def overlaps(self, other: Attempt) -> bool:
        return self.begin < other.end and other.begin < self.end


class Airflow:
    """A running Airflow.

    Args:
        folder: Its logs.
        environment: Environment variables of its processes.
        database: Address of its metadata, as libpq takes it.
        check: Raises when one of its processes has ended.
    """

    def __init__(
        self, folder: Path, environment: Mapping[str, str], database: str, check: Callable[[], None]
    ) -> None:
        self.folder = folder
        self._environment = environment
        self._database = database
        self._check = check

    def command(self, *arguments: str) -> str:
        return _airflow(self._environment, *arguments)

    def start_run(self, dag_id: str, run_id: str, *, patience: float) -> None:
        """Trigger a DAG as soon as it is known."""
        known = "SELECT count(*) FROM serialized_dag WHERE dag_id = %s"
        self.until(lambda: self._number(known, dag_id) > 0, patience)
        self.command("dags", "trigger", dag_id, "--run-id", run_id)

    def end_of_run(self, dag_id: str, run_id: str, *, patience: float) -> str:
        """Wait until a run has ended; return its state."""
        self.until(lambda: self._run_state(dag_id, run_id) in {"success", "failed"}, patience)
        return self._run_state(dag_id, run_id)

    def attempts(self, dag_id: str, run_id: str) -> list[Attempt]:
        """Return every try of every task, earlier ones first."""
        columns = """task_id, map_index, try_number, coalesce(state, '') AS state,
            rendered_map_index AS label,
            coalesce(extract(epoch FROM start_date), 0)::float8 AS begin,
            coalesce(extract(epoch FROM end_date), 0)::float8 AS end"""
        where = "WHERE dag_id = %s AND run_id = %s"
        query = f"""SELECT {columns} FROM task_instance {where}
            UNION ALL SELECT {columns} FROM task_instance_history {where}
            ORDER BY try_number, task_id, map_index"""  # noqa: S608 - of constants
        with psycopg.connect(self._database, row_factory=class_row(Attempt)) as connection:
            return connection.execute(query, [dag_id, run_id] * 2).fetchall()

    def until(self, condition: Callable[[], bool], patience: float) -> None:
        """Look again and again until a condition holds; fail when it takes too long or Airflow has ended."""
        deadline = time.monotonic() + patience
        while not condition():
            self._check()
            assert time.monotonic() < deadline, f"Nothing came of it in {patience:.0f} s; logs: {self.folder}"
            time.sleep(0.2)

    def _run_state(self, dag_id: str, run_id: str) -> str:
        query = "SELECT state FROM dag_run WHERE dag_id = %s AND run_id = %s"
        with psycopg.connect(self._database) as connection:
            found = connection.execute(query, [dag_id, run_id]).fetchone()
        return str(found[0]) if found else ""

    def _number(self, query: str, *values: str) -> int:
        with psycopg.connect(self._database) as connection:
            found = connection.execute(query.encode(), values).fetchone()
        return int(found[0]) if found else 0


@contextmanager
def running_airflow(
    folder: Path, database: str, variables: Mapping[str, str], *, parallelism: int
) -> Iterator[Airflow]:
    """Start Airflow with an empty metadata database.

    Args:
        folder: An empty folder, for logs and configuration.
        database: Address of the database, as libpq takes it.
        variables: Further environment variables of its processes, and so of the tasks.
        parallelism: How many tasks run at once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**_environment(folder, database, parallelism), **variables}
    _airflow(environment, "db", "migrate")
    processes: dict[str, subprocess.Popen[bytes]] = {}

    def check() -> None:
        for command, process in processes.items():
            assert process.poll() is None, f"airflow {command} has ended; logs: {folder}"

    try:
        for command in COMMANDS:
            port = environment["AIRFLOW__API__PORT"]
            more = (
                ("--port", port, "--host", "127.0.0.1", "--workers", "1") if command == "api-server" else ()
            )
            with (folder / f"{command}.log").open("wb") as log:
                processes[command] = subprocess.Popen(
                    [AIRFLOW, command, *more],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    start_new_session=True,
                )
        yield Airflow(folder, environment, database, check)
    finally:
        for process in reversed(processes.values()):
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and those that it has started."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _environment(folder: Path, database: str, parallelism: int) -> dict[str, str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    settings = {
        "CORE__DAGS_FOLDER": ROOT / "orchestrate" / "dags",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": parallelism,
        "CORE__LOAD_EXAMPLES": False,
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": False,
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": True,
        "CORE__FERNET_KEY": "",
        "DATABASE__SQL_ALCHEMY_CONN": database.replace("postgresql://", "postgresql+psycopg2://"),
        "API__PORT": port,
        "API__SECRET_KEY": secrets.token_urlsafe(32),
        "API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
        "DAG_PROCESSOR__REFRESH_INTERVAL": 5,
        "LOGGING__BASE_LOG_FOLDER": folder / "logs",
        "USAGE_DATA_COLLECTION__ENABLED": False,
    }
    own = {f"AIRFLOW__{name}": str(value) for name, value in settings.items()}
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW", "TAP_", "TARGET_"))
    }
    return {**inherited, **own, "AIRFLOW_HOME": str(folder), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}


def _airflow(environment: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run([AIRFLOW, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"airflow {' '.join(arguments)}: {done.stdout[-2000:]} {done.stderr[-2000:]}"
    return done.stdout
