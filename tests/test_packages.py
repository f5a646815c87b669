"""What others install: complete packages that are theirs alone."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("responsys-io", "tap-responsys", "target-responsys", "responsys-sandbox", "responsys-status")
DATA = {
    "responsys-io": {"responsys_io/feeds.toml"},
    "responsys-sandbox": {
        "responsys_sandbox/data/ced-layouts.yaml",
        "responsys_sandbox/page/look.css",
        "responsys_sandbox/page/templates/sandbox.html",
    },
    "responsys-status": {"responsys_status/look.css", "responsys_status/templates/page.html"},
}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_wheel_holds_its_package_and_nothing_else(package: str, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)],
        cwd=ROOT / package,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    module = package.replace("-", "_")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    sources = {str(path.relative_to(ROOT / package)) for path in (ROOT / package / module).rglob("*.py")}
    assert sources | {f"{module}/py.typed"} | DATA.get(package, set()) <= names
    assert {name.split("/")[0] for name in names} == {module}
    assert not [name for name in names if "test" in name.lower()]


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_say_what_they_support(package: str) -> None:
    project = tomllib.loads((ROOT / package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">=3.11"
    assert project["license"] == "Apache-2.0"
    assert (ROOT / package / "README.md").read_text(encoding="utf-8").startswith(f"# {package}\n")


def test_imports_go_one_way() -> None:
    forbidden = {
        "responsys_io": (
            "singer_sdk",
            "tap_responsys",
            "target_responsys",
            "responsys_sandbox",
            "responsys_status",
        ),
        "tap_responsys": ("target_responsys", "responsys_sandbox", "responsys_status"),
        "target_responsys": ("tap_responsys", "responsys_sandbox", "responsys_status"),
        "responsys_sandbox": (
            "responsys_io",
            "tap_responsys",
            "target_responsys",
            "responsys_status",
            "singer_sdk",
        ),
        "responsys_status": ("tap_responsys", "target_responsys", "responsys_sandbox", "singer_sdk"),
    }
    for package in PACKAGES:
        module = package.replace("-", "_")
        for path in (ROOT / package / module).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            for other in forbidden[module]:
                assert f"import {other}" not in text, path
                assert f"from {other}" not in text, path
