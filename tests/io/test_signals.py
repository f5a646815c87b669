"""Signals that come where Python drops what a handler raises."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

BEGIN = """
import logging, os, signal, time
from responsys_io.exits import one_line_errors
from responsys_io.signals import exit_on_signal

signal.signal(signal.SIGTERM, exit_on_signal)

def signalled():
    os.kill(os.getpid(), signal.SIGTERM)
    return "handled by now"

class Destroyed:
    def __del__(self):
        signalled()

def taken_down():
    try:
        yield
    finally:
        signalled()

def swallowed():
    try:
        signalled()
    except BaseException:
        return

with one_line_errors(logging.getLogger()):
    try:
"""
END = """
        time.sleep(60)
        print("went on")
    finally:
        print("unwound")
"""
SWALLOWED = """
    finally:
        raise SystemExit(0)
"""


def run(program: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=50
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("moment", ["signalled()", "Destroyed()", "next(taken_down())"])
def test_a_signal_ends_the_run_wherever_it_comes(moment: str) -> None:
    assert run(f"{BEGIN}        {moment}{END}") == (143, "unwound\n", "")


WAITING = """
import logging, os, signal, threading
from responsys_io.exits import one_line_errors

blocked, never = os.pipe()

def signalled():
    # As a signal that comes just before the main thread waits: it has nothing to wake up.
    signal.pthread_kill(threading.get_ident(), signal.{name})

with one_line_errors(logging.getLogger()):
    threading.Timer(0.2, signalled).start()
    {wait}
"""


@pytest.mark.parametrize("wait", ["os.read(blocked, 1)", "threading.Event().wait()"])
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGINT", 130)])
def test_a_signal_that_the_main_thread_has_not_felt_ends_its_waiting(name: str, code: int, wait: str) -> None:
    assert run(WAITING.format(name=name, wait=wait)) == (code, "", "")


def test_whoever_else_wants_to_know_of_signals_does() -> None:
    begin, rest = WAITING.split("with one_line_errors", 1)
    program = f"{begin}noted, note = os.pipe()\nos.set_blocking(note, False)\nsignal.set_wakeup_fd(note)\n"
    wait = "try:\n        os.read(blocked, 1)\n    finally:\n        print(os.read(noted, 1)[0])"
    told = run((program + "with one_line_errors" + rest).format(name="SIGTERM", wait=wait))
    assert told == (143, "15\n", "")


def test_a_run_that_has_got_a_signal_is_no_success() -> None:
    """Somebody else's code has taken the exit for itself."""
    assert run(f"{BEGIN}        swallowed(){SWALLOWED}") == (143, "", "")


def test_what_else_is_dropped_is_told_as_before() -> None:
    fails = "Destroyed.__del__ = lambda _: 1 / 0; Destroyed()"
    code, _, told = run(f"{BEGIN}        signalled()\n    finally:\n        {fails}")
    assert code == 143
    assert "ZeroDivisionError" in told


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_that_comes_before_settings_are_read_ends_the_run_as_well(
    number: signal.Signals, exit_code: int
) -> None:
    """Until the SDK has read them, click would make a plain failure of Ctrl-C."""
    program = f"""
import click, logging, os
from responsys_io.exits import one_line_errors

@click.command
def command():
    os.kill(os.getpid(), {number:d})

with one_line_errors(logging.getLogger()):
    command()
"""
    assert run(program) == (exit_code, "", "")
