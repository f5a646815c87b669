"""A long upload tells how far it is."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from responsys_io.uploadprogress import UploadProgress

if TYPE_CHECKING:
    import pytest


def test_an_upload_tells_from_time_to_time_what_is_left(caplog: pytest.LogCaptureFixture) -> None:
    now = 100.0
    with caplog.at_level(logging.INFO, "responsys_io"):
        progress = UploadProgress("upload/carts.csv", 300_000_000, clock=lambda: now)
        now += 29
        progress.sent(1_000_000, 1_000_000)
        assert not caplog.messages
        now += 1
        progress.sent(29_000_000, 30_000_000)
        progress.sent(1_000_000, 31_000_000)
        # The connection was lost, and the server has less than was sent.
        now += 30
        progress.sent(29_000_000, 50_000_000)
    assert caplog.messages == [
        "upload/carts.csv: 30 of 300 MB sent, 1.0 MB/s, about 4 min left",
        "upload/carts.csv: 50 of 300 MB sent, 1.0 MB/s, about 4 min left",
    ]
