"""Two runs of one pipeline at a time: Meltano refuses the second one, which shares the state of the first."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from demo.project import MeltanoError

if TYPE_CHECKING:
    from demo.project import Project

pytestmark = [pytest.mark.pipeline, pytest.mark.timeout(300)]
PAIR = ("--no-install", "tap-responsys", "target-postgres")


def test_a_second_run_of_a_pipeline_is_refused(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(1) as pool:
        silent.settimeout(120)
        port = str(silent.getsockname()[1])
        variables = {"TAP_RESPONSYS_HOST": "127.0.0.1", "TAP_RESPONSYS_PORT": port}
        first = pool.submit(project.run, *PAIR, variables=variables)
        connection, _ = silent.accept()
        try:
            with pytest.raises(MeltanoError, match="pipeline is already running"):
                project.run(*PAIR, variables=variables)
        finally:
            silent.close()
            connection.close()
        with pytest.raises(MeltanoError):
            first.result()
