"""Delivery as a file: through SFTP, and through a Connect import job into the table."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import CARTS, FOLDER, deliver, lines, record, schema, state

from responsys_io.errors import DataError, SettingsError
from responsys_io.fileserver import FileServer
from responsys_sandbox.importjob import ImportJob
from responsys_sandbox.imports import run_import
from responsys_sandbox.tables import Column, Table
from target_responsys.endofrun import RejectedRowsError
from target_responsys.target import TargetResponsys

if TYPE_CHECKING:
    from responsys_io.remoteupload import Uploaded
    from responsys_sandbox.sandbox import Sandbox


def carts(count: int) -> list[dict[str, Any]]:
    return [
        record(
            "carts",
            customer_id=number // 3,
            product=f"Tea\n{number}",
            price=1.5,
            added="2026-07-01T10:00:00+02:00",
        )
        for number in range(count)
    ]


@pytest.fixture
def config(config: dict[str, Any]) -> dict[str, Any]:
    return {
        **config,
        "delivery": "sftp",
        "table_name": "Acquia_AbandonedCart",
        "count_extension": "count",
        "ready_extension": "ready",
    }


@pytest.fixture
def table(sandbox: Sandbox) -> str:
    """The table as an administrator has made it."""
    names = {"CAMPAIGN_ID": "STR100", "CUSTOMER_ID": "INTEGER", "PRODUCT": "STR500", "PRICE": "NUMBER"}
    columns = tuple(Column(name, kind) for name, kind in {**names, "ADDED": "TIMESTAMP"}.items())
    key = ("CAMPAIGN_ID", "CUSTOMER_ID", "PRODUCT")
    sandbox.store.create_table(Table(FOLDER, "Acquia_AbandonedCart", columns, key))
    return "Acquia_AbandonedCart"


def uploaded(sandbox: Sandbox) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (sandbox.files / "upload").iterdir()}


def test_carts_of_several_products_arrive_through_the_import_job(
    sandbox: Sandbox, config: dict[str, Any], table: str
) -> None:
    assert deliver(config, [CARTS, *carts(300), state(at=300)]) == [{"at": 300}]
    names = sorted(uploaded(sandbox))
    assert len(names) == 3
    job = ImportJob(
        name="Carts",
        folder=FOLDER,
        table=table,
        file_pattern="Acquia_AbandonedCart_*.csv",
        count_extension="count",
        ready_extension="ready",
    )
    result = run_import(sandbox.store, sandbox.files, job)
    assert result.succeeded, result
    rows = sandbox.store.rows(FOLDER, table)
    assert len(rows) == 300
    assert len({row["CUSTOMER_ID"] for row in rows}) == 100
    assert rows[5] == {
        "CAMPAIGN_ID": "c1",
        "CUSTOMER_ID": "1",
        "PRODUCT": "Tea 5",
        "PRICE": "1.5",
        "ADDED": "2026-07-01 08:00:00",
    }
    assert uploaded(sandbox) == {}


def test_the_three_files_of_a_delivery(sandbox: Sandbox, config: dict[str, Any]) -> None:
    deliver({**config, "date_suffix": False}, [CARTS, *carts(2), state(at=2)])
    assert uploaded(sandbox) == {
        "Acquia_AbandonedCart.csv": (
            b'"CAMPAIGN_ID","customer_id","product","price","added"\n'
            b'"c1","0","Tea 0","1.5","2026-07-01 08:00:00"\n'
            b'"c1","0","Tea 1","1.5","2026-07-01 08:00:00"\n'
        ),
        "Acquia_AbandonedCart.csv.count": b"2\n",
        "Acquia_AbandonedCart.csv.ready": b"",
    }


def test_count_and_ready_files_are_made_on_request_only(sandbox: Sandbox, config: dict[str, Any]) -> None:
    config |= {"count_extension": None, "ready_extension": None, "date_suffix": False}
    deliver(config, [CARTS, *carts(2), state(at=2)])
    assert list(uploaded(sandbox)) == ["Acquia_AbandonedCart.csv"]


def test_a_tap_that_dies_publishes_nothing(sandbox: Sandbox, config: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=r"RSYS-6008.*Nothing was published of carts"):
        deliver(config, [CARTS, *carts(10), state(at=10), *carts(5)])
    assert uploaded(sandbox) == {}
    deliver({**config, "require_final_state": False}, [CARTS, *carts(5)])
    assert len(uploaded(sandbox)) == 3


def test_an_audience_of_nobody_makes_no_file(sandbox: Sandbox, config: dict[str, Any]) -> None:
    assert deliver(config, [CARTS, state(at=0)]) == [{"at": 0}]
    assert uploaded(sandbox) == {}


def test_no_state_before_the_file_stands_under_its_name(
    sandbox: Sandbox, config: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor any, when the upload fails."""
    target = TargetResponsys(config={**config, "remote_path": "nowhere"})
    with pytest.raises(SettingsError, match="RSYS-2101"):
        target.listen(io.BytesIO(lines([CARTS, *carts(5), state(at=5)])))  # type: ignore[arg-type]  # takes bytes
    assert capsys.readouterr().out == ""
    assert uploaded(sandbox) == {}


def test_the_markers_come_after_the_data(
    sandbox: Sandbox, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    upload_file = FileServer.upload

    def recorded(server: FileServer, source: Any, path: str, **how: Any) -> Uploaded:
        order.append(Path(path).suffix)
        assert len(uploaded(sandbox)) == len(order) - 1, "the file before stands under its name"
        return upload_file(server, source, path, **how)

    monkeypatch.setattr(FileServer, "upload", recorded)
    deliver(config, [CARTS, *carts(2), state(at=2)])
    assert order == [".csv", ".count", ".ready"]


def test_a_schema_that_changes_makes_a_file_of_its_own(sandbox: Sandbox, config: dict[str, Any]) -> None:
    """An import job maps columns by the header: a file has one."""
    wider = schema("carts", ("customer_id",), customer_id="integer", city="string")
    messages = [CARTS, *carts(1), wider, record("carts", customer_id=1, city="Ghent"), state(at=2)]
    deliver({**config, "date_suffix": False, "include_header": True}, messages)
    files = uploaded(sandbox)
    assert files["Acquia_AbandonedCart.csv"].startswith(b'"CAMPAIGN_ID","customer_id","product"')
    assert files["Acquia_AbandonedCart_2.csv"] == b'"CAMPAIGN_ID","customer_id","city"\n"c1","1","Ghent"\n'


def test_a_record_that_cannot_be_written_is_refused_alone(sandbox: Sandbox, config: dict[str, Any]) -> None:
    odd = record("carts", customer_id=9, product="x", price=1, added="soon")
    with pytest.raises(RejectedRowsError, match="RSYS-5302: 1 records"):
        deliver({**config, "date_suffix": False}, [CARTS, *carts(2), odd, state(at=3)])
    assert uploaded(sandbox)["Acquia_AbandonedCart.csv.count"] == b"2\n"
    assert b"soon" in Path(config["rejects_file"]).read_bytes()


def test_the_spool_has_no_name(
    config: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    target = TargetResponsys(config=config)
    messages = [CARTS, *carts(5), state(at=5)]
    target.process_lines(io.BytesIO(lines(messages)))  # type: ignore[arg-type]  # takes bytes
    assert list(folder.iterdir()) == []
    target.process_endofpipe()


@pytest.mark.parametrize(
    "rule",
    [
        {"standard": "abandoned_cart"},
        {"columns": {"productName": {"name": "PRODUCT_NAME", "type": "STR500"}}},
    ],
)
def test_a_value_that_its_column_cannot_hold_is_no_row_of_the_file(
    sandbox: Sandbox, config: dict[str, Any], rule: dict[str, Any]
) -> None:
    del config["table_name"]
    config |= {"tables": {"people": rule}, "max_rejected_rows": 1}
    stream = schema(
        "people", ["customer_id", "sku"], customer_id="string", sku="string", productName="string"
    )
    fits = record("people", customer_id="1", sku="a", productName="x" * 500)
    long = record("people", customer_id="2", sku="b", productName="x" * 501)
    deliver(config, [stream, fits, long, state(at=1)])
    (data,) = (text for name, text in uploaded(sandbox).items() if name.endswith(".csv"))
    assert data.count(b"\n") == 2
    rejects = Path(config["rejects_file"]).read_text(encoding="utf-8").splitlines()
    told = json.loads(rejects[1])["rejected"]
    assert told["code"] == "RSYS-5301"
    assert "it has 501 characters, for column PRODUCT_NAME (STR500)" in told["reason"]


def test_a_width_that_nobody_has_told_is_not_guarded(config: dict[str, Any]) -> None:
    stream = schema("carts", ["customer_id"], customer_id="integer", product="string")
    deliver(config, [stream, record("carts", customer_id=1, product="x" * 5000), state(at=1)])
    assert not Path(config["rejects_file"]).exists()


def test_two_runs_that_begin_in_one_second_take_nothing_from_each_other(
    sandbox: Sandbox, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    class OneSecond(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> OneSecond:  # noqa: ARG003
            return cls(2026, 11, 23, 22, 5, 9, tzinfo=UTC)

    monkeypatch.setattr("target_responsys.target.datetime", OneSecond)
    deliver(config, [CARTS, *carts(3), state(at=3)])
    first = uploaded(sandbox)
    # A third run is still uploading.
    (sandbox.files / "upload" / "Acquia_AbandonedCart_20261123_220509_2.csv.part").write_bytes(b"")
    deliver(config, [CARTS, *carts(1), state(at=1)])
    both = uploaded(sandbox)
    assert first.items() <= both.items()
    assert both["Acquia_AbandonedCart_20261123_220509_3.csv.count"] == b"1\n"
    assert len(both) == len(first) + 4
