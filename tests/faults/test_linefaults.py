"""What `make linefaults` does, in small: a long file over a bad line, and a delivery through a storm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.longread import read_over_a_bad_line
from support.openssh import SSHD
from support.storm import deliver_through_storm

if TYPE_CHECKING:
    from pathlib import Path

    from support.openssh import SshServer


@pytest.mark.skipif(SSHD is None, reason="no sshd here")
def test_a_long_file_arrives_whole_and_no_row_of_it_twice(sshd: SshServer) -> None:
    read = read_over_a_bad_line(sshd, megabytes=20, faults=12, seed=5)
    assert read.is_right, read


def test_a_delivery_through_a_storm_ends_in_the_table_that_was_sent(tmp_path: Path) -> None:
    sent = deliver_through_storm(tmp_path / "storm", calls=250, seed=5, token_dies_every=70)
    assert sent.is_right, sent
    kinds = {"lost before", "lost after", "server failed", "throttled", "tokens revoked"}
    assert {kind for kind, count in sent.happened.items() if count} == kinds
