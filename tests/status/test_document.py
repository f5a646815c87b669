"""The document: what it says of inputs with something of everything."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from support import statusdata
from support.statusdata import NOW, TODAY

from responsys_status.deliveries import by_campaign, runs
from responsys_status.document import document
from responsys_status.headline import headline
from responsys_status.sources import Inputs, Source, Warehouse


@pytest.fixture(scope="module")
def full() -> dict[str, object]:
    return document(statusdata.inputs())


def day(back: int) -> str:
    return (TODAY - timedelta(back)).isoformat()


def test_everything_that_is_wrong_is_a_notice_problems_first() -> None:
    found = document(statusdata.inputs())
    assert found["status"] == "problem"
    said = [(notice["severity"], notice["subject"]) for notice in found["notices"]]
    assert said == [
        ("problem", "opt_out"),
        ("problem", "launch_state"),
        ("problem", "open"),
        ("problem", "click"),
        ("problem", "Abandoned Browse"),
        ("warning", "open"),
        ("warning", "click"),
        ("warning", "bounce"),
        ("warning", "rejected_rows"),
        ("warning", statusdata.NASTY),
    ]
    texts = [notice["text"] for notice in found["notices"]]
    assert "2 left" in texts[0]
    assert f"{day(16)} to {day(14)} may be lost" in texts[1]
    assert texts[2] == f"Counts differ by 5 rows on {day(1)}."
    assert texts[3] == f"Counts differ by 7 rows on {day(6)}."
    assert texts[4].endswith("failed with RSYS-4009.")
    assert f"{day(13)}, {day(12)}" in texts[5]


def test_a_pipeline_that_is_well_has_no_notice() -> None:
    well = replace(
        statusdata.inputs(), receipts=statusdata.receipts()[:2], refusals=[], counts={}, warehouse=None
    )
    streams = set(well.ledgers) - {"click", "opt_out", "launch_state", "open", "bounce", "sent"}
    ledgers = dict.fromkeys(
        ("sent", "open", "click", "bounce", "opt_out", "launch_state"), well.ledgers["opt_in"]
    )
    ledgers = {name: replace(ledger, stream=name) for name, ledger in ledgers.items()}
    found = document(replace(well, ledgers=ledgers | {name: well.ledgers[name] for name in streams}))
    assert (found["status"], found["notices"]) == ("ok", [])


def test_nothing_is_known_without_inputs_and_said_to_be_well() -> None:
    found = document(Inputs(NOW))
    assert (found["status"], found["notices"], found["engagement"]) == ("unknown", [], None)
    assert headline(found) == []


def test_an_input_that_cannot_be_read_is_a_warning() -> None:
    found = document(
        Inputs(NOW, sources={"warehouse": Source("warehouse (DuckDB)", "it is locked"), "state": Source()})
    )
    assert [notice["text"] for notice in found["notices"]] == ["Not read: warehouse (DuckDB): it is locked."]
    assert found["status"] == "warning"


def test_feeds_never_seen_are_named() -> None:
    inputs = statusdata.inputs()
    found = document(replace(inputs, ledgers={"sent": inputs.ledgers["sent"]}))
    unseen = next(notice for notice in found["notices"] if "No export" in notice["text"])
    assert unseen["subject"] == "open, click, bounce, opt_in, opt_out, launch_state"


def test_the_document_is_json_without_an_address_and_the_same_again(full: dict[str, object]) -> None:
    text = json.dumps(full)
    assert "@" not in text
    assert text == json.dumps(document(statusdata.inputs()))


def test_numbers_at_the_top() -> None:
    numbers = {
        number.label: (number.value, number.status) for number in headline(document(statusdata.inputs()))
    }
    assert numbers["Streams up to date"] == ("6 of 9", "warning")
    assert numbers["Days until the window closes"] == ("0", "problem")
    assert numbers["Rows that do not agree"] == ("12", "problem")
    assert numbers["Records delivered"][1] == "problem"
    assert numbers["Open rate"][0] == "30.7%"


def test_rejects_are_summed_by_reason_and_known_without_a_warehouse() -> None:
    rejected = {("sent", "a", "why"): 2, ("sent", "b", "why"): 3, ("open", "c", "other"): 9}
    inputs = replace(statusdata.inputs(), warehouse=Warehouse(rejected=rejected))
    assert document(inputs)["rejects"]["exports"] == [
        {"stream": "open", "reason": "other", "rows": 9},
        {"stream": "sent", "reason": "why", "rows": 5},
    ]
    without = document(replace(inputs, warehouse=None))["rejects"]["exports"]
    assert [(line["stream"], line["rows"]) for line in without] == [("sent", 3)]


def test_campaigns_sum_their_runs_and_files_of_every_run_are_one_destination() -> None:
    receipts = statusdata.receipts()
    for receipt in receipts:
        for counts in receipt["destinations"]:
            if receipt["delivery"] == "sftp":
                counts["destination"] = f"upload/Cart_{receipt['execution_id'][:8]}_080000.csv"
    lines = {line["campaign"]: line for line in by_campaign(runs(receipts))}
    cart = lines["Abandoned Cart"]
    assert (cart["destination"], cart["runs"], cart["merged"]) == ("upload/Cart.csv", 6, 6 * 940 + 11 * 15)
    assert lines["Store Locator"]["refused"] == 2
    assert lines["Store Locator"]["last"]["refused"] == 0
    assert lines["Abandoned Browse"]["last"]["status"] == "failed"
    assert next(iter(lines)) == "Abandoned Browse"


def test_a_receipt_of_an_earlier_release_has_the_campaigns_id_for_its_name() -> None:
    (receipt,) = statusdata.receipts()[:1]
    del receipt["campaign_name"]
    assert [run["campaign"] for run in runs([receipt])] == ["id of Store Locator"]
    assert runs([receipt])[0]["seconds"] == 14.2
