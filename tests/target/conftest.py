from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import new_sandbox, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from responsys_sandbox.sandbox import Sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with new_sandbox(tmp_path / "sandbox") as running:
        yield running


@pytest.fixture
def config(sandbox: Sandbox) -> dict[str, Any]:
    """The target's settings: delivery by REST, tables made as they are needed."""
    return {**settings_of(sandbox), "create_tables": "apply", "campaign_id": "c1"}
