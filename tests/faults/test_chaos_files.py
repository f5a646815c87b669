"""Some of the kills of `make chaos`: files over SFTP, again and again, to the last row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.chaos.case import Case
from support.openssh import SSHD
from support.pgp import needs_gpg

if TYPE_CHECKING:
    from support.chaos.world import World

pytestmark = [pytest.mark.skipif(SSHD is None, reason="no sshd here"), needs_gpg]


# A seed decides the packing and the mode too.
@pytest.mark.parametrize("seed", [5, 8])
def test_a_pipeline_that_is_killed_again_and_again_publishes_every_row(seed: int, world: World) -> None:
    case = Case(seed, world, rows=1_000)
    assert case.mode == "sftp"
    tally = case.run(kills=11)
    assert sum(tally.kills.values()) + tally.too_late == 11
