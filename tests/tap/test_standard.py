"""The SDK's own tap tests, over a folder in which every stream has an export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from support.embedded import embedded_server
from support.exports import write
from support.openssh import SSHD, openssh_server

from responsys_io.feeds import feeds
from responsys_io.profilelist import SYSTEM_FIELDS
from tap_responsys.tap import TapResponsys

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from responsys_io.feeds import Column

# The SDK makes its test class before any fixture runs: the server's settings are filled in later.
CONFIG: dict[str, Any] = {"host": "127.0.0.1", "username": "to be filled in", "settle_seconds": 0}
EXAMPLES = {"integer": "-7", "number": "19.90", "timestamp": "03-Jan-2019 13:05:32", "text": 'say "x", y'}

UNDOCUMENTED = "ONLY_THE_HEADER_KNOWS"


def catalog_of_everything() -> dict[str, Any]:
    catalog = TapResponsys(config=CONFIG, catalog={"streams": []}, setup_mapper=False).catalog_dict
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = True
        feed = feeds().get(stream["stream"].upper())
        if feed and not feed.columns:
            stream["schema"]["properties"][UNDOCUMENTED] = {"type": ["string", "null"]}
    return catalog


def rows_of(columns: Sequence[Column]) -> list[tuple[str, ...]]:
    names = [column.name for column in columns] or [UNDOCUMENTED]
    return [
        tuple(names),
        tuple(EXAMPLES[column.type] for column in columns) or ("x",),
        tuple("" for _ in names),
    ]


@pytest.fixture(scope="module", autouse=True)
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    root = tmp_path_factory.mktemp("standard") / "sshd"
    with openssh_server(root) if SSHD else embedded_server(root) as sshd:
        folder = sshd.files / "download"
        for feed in feeds().values():
            write(folder / f"1234_{feed.stem}_20190103_060500.txt", rows_of(feed.columns))
        write(folder / "1234_FAIL_20190104_060500.txt", [("RIID",), ("not a number",)])
        write(folder / "CONTACT_LIST_20190103.csv", rows_of(SYSTEM_FIELDS)[:2])
        CONFIG.update(sshd.config)
        yield


class TestTapResponsys(
    get_tap_test_class(  # type: ignore[misc]  # made at run time
        TapResponsys,
        config=CONFIG,
        catalog=catalog_of_everything(),
        parse_env_config=False,
        # Rejected rows come out of other streams' files, so that stream alone returns none.
        suite_config=SuiteConfig(ignore_no_records_for_streams=["rejected_rows"]),
    )
):
    """Every test of the SDK's tap, stream and attribute suites."""
