from __future__ import annotations

import subprocess

import pytest
from demo.project import ROOT


@pytest.fixture(scope="session")
def installed_plugins() -> None:
    """Install Meltano and the plugins once; nothing is done where `make setup` has run."""
    subprocess.run(["make", "--silent", ".meltano/.made"], cwd=ROOT, check=True, capture_output=True)
