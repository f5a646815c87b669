"""`meltano run` that is killed: the next run goes on where the state says, and nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.chaos.meltanocase import MeltanoCase
from support.chaos.world import new_world
from support.openssh import SSHD

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.pipeline, pytest.mark.timeout(600)]


@pytest.mark.skipif(SSHD is None, reason="no sshd here")
@pytest.mark.usefixtures("installed_plugins")
def test_a_meltano_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    with new_world(tmp_path / "chaos") as world:
        tally = MeltanoCase(3, world).run(kills=2)
    assert sum(tally.kills.values()) + tally.too_late == 2
