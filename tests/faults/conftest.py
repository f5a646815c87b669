from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.chaos.world import new_world
from support.fixtures import config, download, sandbox, tap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.chaos.world import World

__all__ = ["config", "download", "sandbox", "tap"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The servers around the runs that are killed."""
    with new_world(tmp_path_factory.mktemp("chaos")) as running:
        yield running
