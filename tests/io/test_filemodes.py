from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from responsys_io.configuration import settings_from_option

if TYPE_CHECKING:
    from collections.abc import Iterator

PROPERTIES: dict[str, dict[str, Any]] = {
    "host": {"type": "string"},
    "api_password": {"type": "string", "secret": True},
}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that others can look into, which pytest's own are not."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def warnings_for(
    folder: Path, caplog: pytest.LogCaptureFixture, *, mode: int = 0o644, **settings: str
) -> list[str]:
    path = folder / "settings.json"
    path.write_text(json.dumps(settings))
    path.chmod(mode)
    assert settings_from_option([str(path)], PROPERTIES) == (settings, False)
    return caplog.messages


def test_secrets_that_everybody_can_read_are_warned_about(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (text,) = warnings_for(folder, caplog, host="h", api_password="canary")
    assert "api_password" in text
    assert "canary" not in text


@pytest.mark.parametrize(
    ("mode", "settings"),
    [(0o600, {"api_password": "canary"}), (0o640, {"api_password": "canary"}), (0o644, {"host": "h"})],
)
def test_nothing_is_said_of_files_that_are_safe(
    folder: Path, caplog: pytest.LogCaptureFixture, mode: int, settings: dict[str, str]
) -> None:
    assert warnings_for(folder, caplog, mode=mode, **settings) == []


def test_a_closed_folder_above_is_enough(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    below = folder / "run"
    below.mkdir(mode=0o755)
    folder.chmod(0o700)
    assert warnings_for(below, caplog, api_password="canary") == []
