"""Signals that come twice, and while the plugins wait for something."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import lines, record, schema, state
from support.plugins import environment, started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.openssh import SshServer

# With a state at every line it shows when the target waits for more.
PROGRAM = "import target_responsys.target as t; t.CHECKPOINT_LINES = 1; t.main()"
PEOPLE = [schema("people", email="string"), record("people", email="a@example.com")]


@contextlib.contextmanager
def target(config: dict[str, Any], tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    path = tmp_path / "own.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--config", str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(), cwd=tmp_path,
    ) as running:  # fmt: skip
        yield running
        running.kill()


def assert_ended_by(
    signals: list[signal.Signals], process: subprocess.Popen[bytes] | subprocess.Popen[str]
) -> None:
    """Send signals; expect the exit code of one of them, no traceback and nothing more on standard output."""
    for number in signals:
        process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    # One that comes while the interpreter is taken down ends it as the kernel does; a shell shows the same.
    ended_with = process.returncode if process.returncode >= 0 else 128 - process.returncode
    assert ended_with in {128 + number for number in signals}, errors
    assert not output
    assert "Traceback" not in str(errors)


SIGNALS = [
    [signal.SIGTERM],
    [signal.SIGTERM] * 2,
    [signal.SIGINT] * 3,
    [signal.SIGINT, signal.SIGTERM],
]


@pytest.mark.parametrize("signals", SIGNALS, ids=str)
def test_a_target_that_waits_for_input(
    signals: list[signal.Signals], config: dict[str, Any], tmp_path: Path
) -> None:
    with target(config, tmp_path) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(lines([*PEOPLE, state(at=1)]))
        running.stdin.flush()
        assert json.loads(running.stdout.readline()) == {"at": 1}
        assert_ended_by(signals, running)


@pytest.mark.parametrize("signals", SIGNALS, ids=str)
def test_a_target_that_pauses_before_it_tries_again(
    signals: list[signal.Signals], config: dict[str, Any], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as host:
        config["api_url"] = f"https://127.0.0.1:{host.getsockname()[1]}"
        with target(config, tmp_path) as running:
            assert running.stdin is not None
            running.stdin.write(lines([*PEOPLE, state(at=1)]))
            running.stdin.flush()
            for _ in range(3):
                host.accept()[0].close()
            assert_ended_by(signals, running)


@pytest.mark.parametrize("signals", SIGNALS, ids=str)
def test_a_tap_that_signs_in(signals: list[signal.Signals], sshd: SshServer, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config = {**sshd.config, "port": silent.getsockname()[1], "connect_timeout": 60}
        with started(tmp_path, config) as running:
            connection, _ = silent.accept()
            with connection:
                assert connection.recv(4) == b"SSH-"
                assert_ended_by(signals, running)
