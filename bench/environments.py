"""Environments of the peers and tools: each of its own, from a file of pinned versions."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from bench.paths import ENVIRONMENTS, REQUIREMENTS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

_PIN = re.compile(r"^(?P<name>[\w.-]+)(?:\[[\w,-]+\])?==(?P<version>\S+)", re.MULTILINE)


class InstallationError(Exception):
    """An environment could not be made."""


def pins(requirements: str) -> dict[str, str]:
    """Return the versions that a requirement file pins, by name."""
    return {found["name"]: found["version"] for found in _PIN.finditer(requirements)}


def version(environment: str, package: str) -> str:
    """Return the version of a package in an environment."""
    return pins((REQUIREMENTS / f"{environment}.txt").read_text(encoding="utf-8"))[package]


def ensure(environment: str, requirements_in: Path = REQUIREMENTS) -> Path:
    """Install an environment unless it stands; return its folder of programs.

    Args:
        environment: Name of a file of pinned versions, without suffix.
        requirements_in: The folder of that file.

    Raises:
        InstallationError: With what uv says.
    """
    requirements = requirements_in / f"{environment}.txt"
    folder = ENVIRONMENTS / environment
    mark = folder / ".made"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if not (mark.exists() and mark.read_text(encoding="ascii") == digest):
        python = str(folder / "bin" / "python")
        _uv("venv", "--clear", "--python", sys.executable, str(folder))
        _uv("pip", "install", "--python", python, "--requirements", str(requirements))
        mark.write_text(digest, encoding="ascii")
    return folder / "bin"


def _uv(*arguments: str) -> None:
    uv = shutil.which("uv") or str(ROOT / ".tools" / "uv" / "bin" / "uv")
    command = [uv, *arguments[:1], "--quiet", *arguments[1:]]
    environment = {"UV_CACHE_DIR": str(ROOT / ".cache" / "uv"), **os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603
    if done.returncode:
        raise InstallationError(f"{' '.join(arguments)}: {done.stderr.strip()}")
