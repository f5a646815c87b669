"""The definitions in hub: as MeltanoHub wants them, and Meltano takes them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from demo.project import ROOT
from jsonschema import Draft7Validator

from responsys_sandbox.account import AccountPlan
from responsys_sandbox.sandbox import Sandbox, SandboxOptions

DEFINITIONS = sorted((ROOT / "hub").glob("*/*.yml"))
SCHEMA = yaml.safe_load((Path(__file__).parent / "schema.yaml").read_text(encoding="utf-8"))


def definition(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.stem)
def test_a_definition_is_as_the_hub_wants_it(path: Path) -> None:
    found = definition(path)
    for schema in (SCHEMA, SCHEMA["definitions"][path.parent.name]):
        errors = [
            f"{error.json_path}: {error.message}" for error in Draft7Validator(schema).iter_errors(found)
        ]
        assert errors == []
    assert list(found) == sorted(found)
    names = [setting["name"] for setting in found["settings"]]
    assert names == sorted(set(names))
    groups = {name for group in found.get("settings_group_validation", ()) for name in group}
    assert groups <= set(names)


def test_there_is_one_for_each_plugin() -> None:
    assert [path.stem for path in DEFINITIONS] == ["tap-responsys", "target-responsys"]


@pytest.mark.long
@pytest.mark.timeout(900)
def test_meltano_adds_both_from_the_files_and_installs_them_from_git(tmp_path: Path) -> None:
    subprocess.run(["make", "--silent", ".venv-meltano/.made"], cwd=ROOT, check=True, capture_output=True)
    project = tmp_path / "project"
    project.mkdir()
    start = "default_environment: dev\nsend_anonymous_usage_stats: false\nenvironments:\n- name: dev\n"
    (project / "meltano.yml").write_text(start, encoding="utf-8")
    with Sandbox(
        tmp_path / "sandbox", options=SandboxOptions(days=1, plan=AccountPlan(contacts=20))
    ) as sandbox:
        variables = {**os.environ, **sandbox.settings, "RESPONSYS_REPO": f"file://{ROOT}", "NO_COLOR": "1"}

        def meltano(*arguments: str | Path) -> str:
            command = [ROOT / "scripts" / "meltano", *arguments]
            done = subprocess.run(
                command, cwd=project, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-2000:]
            return done.stdout + done.stderr

        for path in DEFINITIONS:
            kind = path.parent.name.removesuffix("s")
            meltano("add", "--no-install", "--plugin-type", kind, path.stem, "--from-ref", path)
        assert "warning" not in meltano("compile", "--lint").lower()
        meltano("install")
        meltano("invoke", "tap-responsys:probe")
        assert "merges records" in meltano("invoke", "target-responsys", "--about", "--format=markdown")
