"""The example projects: Meltano finds nothing to say against them, and their settings are the plugins' own.

Those that need no account run with the documentation's commands, or here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from demo.project import ROOT
from support.plugins import environment

from responsys_sandbox.sandbox import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/meltano.yml"))
ABOUT = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in (ROOT / "hub").glob("*/*.yml")
}

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def meltano() -> Path:
    subprocess.run(["make", "--silent", ".venv-meltano/.made"], cwd=ROOT, check=True, capture_output=True)
    return ROOT / "scripts" / "meltano"


def ours(example: Path) -> list[dict[str, Any]]:
    project = yaml.safe_load((example / "meltano.yml").read_text(encoding="utf-8"))
    return [plugin for kind in project["plugins"].values() for plugin in kind if plugin["name"] in ABOUT]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_it_compiles_without_a_remark(example: Path, meltano: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(example, project, ignore=shutil.ignore_patterns(".meltano", "plugins", "*.duckdb"))
    command = [str(meltano), "compile", "--lint", "--directory", str(tmp_path / "manifests")]
    done = subprocess.run(
        command, cwd=project, capture_output=True, text=True, check=False, env=environment()
    )
    assert done.returncode == 0, done.stderr
    assert "warning" not in (done.stdout + done.stderr).lower()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_its_settings_of_our_plugins_exist(example: Path) -> None:
    assert ours(example)
    for plugin in ours(example):
        known = {setting["name"] for setting in ABOUT[plugin["name"]]["settings"]}
        assert {setting["name"] for setting in plugin["settings"]} <= known
        assert set(plugin["config"]) <= known
        assert set(plugin["capabilities"]) <= set(ABOUT[plugin["name"]]["capabilities"])


def test_csv_files_become_a_table(meltano: Path, tmp_path: Path) -> None:
    # Where its plugins lie names the packages beside it: the project stays in its place, its state does not.
    example = ROOT / "examples" / "csv-to-responsys"
    with Sandbox(tmp_path / "sandbox", options=SandboxOptions(days=0)) as sandbox:
        own = {
            **sandbox.settings,
            "MELTANO_SYS_DIR_ROOT": str(ROOT / ".local" / "examples" / example.name),
            "MELTANO_DATABASE_URI": f"sqlite:///{tmp_path / 'meltano.db'}",
            "HOME": os.environ["HOME"],
        }
        done = subprocess.run(
            [meltano, "run", "vips"], cwd=example, env=environment(**own), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:]
        folder = sandbox.settings["TARGET_RESPONSYS_FOLDER_NAME"]
        rows = [dict(row) for row in sandbox.store.rows(folder, "VIPs")]
    assert {row["CUSTOMER_ID"]: row["CITY"] for row in rows} == {"C-1": "Bern", "C-2": "Graz"}
