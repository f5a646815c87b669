"""Logs as Meltano asks for them: every line of a plugin is a JSON object, its error line too."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import lines, record, schema
from support.plugins import environment

from responsys_sandbox.account import AccountPlan
from responsys_sandbox.sandbox import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from pathlib import Path

# What Meltano writes beside a run and names in this variable.
VARIABLE = "SINGER_SDK_LOG_CONFIG"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"singer_formatter": {"()": "singer_sdk.logging.StructuredFormatter"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "singer_formatter",
            "stream": "ext://sys.stderr",
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
}


def logged(
    folder: Path, module: str, settings: dict[str, str], sent: bytes = b""
) -> tuple[int, bytes, list[dict[str, Any]]]:
    """Run a plugin with settings from the environment; return exit code, output and log lines."""
    (folder / "logging.json").write_text(json.dumps(LOGGING), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", module, "--config=ENV"],
        env=environment(**settings, **{VARIABLE: str(folder / "logging.json")}),
        cwd=folder,
        input=sent,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout, [json.loads(line) for line in done.stderr.splitlines()]


def test_every_line_of_a_run_is_an_object(tmp_path: Path) -> None:
    options = SandboxOptions(days=1, plan=AccountPlan(contacts=20))
    with Sandbox(tmp_path / "sandbox", options=options) as sandbox:
        settings = {**sandbox.settings, "TARGET_RESPONSYS_CREATE_TABLES": "apply"}
        code, _, said = logged(
            tmp_path, "tap_responsys", {**settings, "TAP_RESPONSYS_STREAMS": '["contacts"]'}
        )
        assert code == 0
        assert {line["level"] for line in said} == {"info"}
        assert said[-1]["message"].startswith("Done in ")
        people = lines([schema("people", email="string"), record("people", email="a@example.com")])
        code, _, said = logged(tmp_path, "target_responsys", settings, people)
    assert code == 0, said[-1]
    assert {line["level"] for line in said} == {"info"}
    assert said[-1]["message"].startswith("Done in ")


@pytest.mark.parametrize("module", ["tap_responsys", "target_responsys"])
def test_an_error_is_one_of_them(tmp_path: Path, module: str) -> None:
    code, _, said = logged(tmp_path, module, {})
    assert code == 2
    (error,) = (line for line in said if line["level"] == "error")
    assert error["message"].startswith("RSYS-1000: ")
    assert error["extra"] == {}
