"""Audiences into Responsys tables: by REST, as a file, and several campaigns in one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from demo.sandbox import CART_COLUMNS, CART_KEY

from responsys_sandbox.importjob import ImportJob
from responsys_sandbox.tables import Table

if TYPE_CHECKING:
    from demo.project import Project
    from demo.warehouse import Warehouse

    from responsys_sandbox.sandbox import Sandbox

pytestmark = [pytest.mark.pipeline, pytest.mark.long, pytest.mark.timeout(600)]

MASTER_TABLE = "Acquia_Master_Audience"
CART_TABLE = "Acquia_AbandonedCart"


@pytest.fixture(scope="module")
def folder(sandbox: Sandbox) -> str:
    return sandbox.settings["TARGET_RESPONSYS_FOLDER_NAME"]


@pytest.fixture(scope="module", autouse=True)
def audiences(project: Project, warehouse: Warehouse) -> None:
    project.run("exports")
    warehouse.fill_carts()
    project.run("models")


def test_two_campaigns_live_in_one_table(
    project: Project, warehouse: Warehouse, sandbox: Sandbox, folder: str
) -> None:
    audience = warehouse.audience_rows("store_locator")
    assert audience > 0
    project.run("store-locator")
    first = sandbox.store.rows(folder, MASTER_TABLE)
    assert len(first) == audience
    (first_id,) = {row["CAMPAIGN_ID"] for row in first}

    project.run("store-locator", variables={"CAMPAIGN_STORE_LOCATOR_CAMPAIGN_NAME": "Spring sale"})
    both = sandbox.store.rows(folder, MASTER_TABLE)
    assert len(both) == 2 * audience
    assert len({row["CAMPAIGN_ID"] for row in both}) == 2
    assert [row for row in both if row["CAMPAIGN_ID"] == first_id] == first

    project.run("store-locator")
    assert len(sandbox.store.rows(folder, MASTER_TABLE)) == 2 * audience


def test_a_cart_of_several_products_arrives_as_a_file_that_is_imported(
    project: Project, warehouse: Warehouse, sandbox: Sandbox, folder: str
) -> None:
    sandbox.store.create_table(Table(folder, CART_TABLE, CART_COLUMNS, CART_KEY))
    job = ImportJob(
        name="Carts", folder=folder, table=CART_TABLE, file_pattern="*.csv", count_extension="count"
    )
    job_id = sandbox.store.jobs.save(job)
    project.run("abandoned-cart", variables={"CAMPAIGN_ABANDONED_CART_CONNECT_JOB_ID": str(job_id)})
    assert [run.status for run in sandbox.store.jobs.runs(job_id)] == ["succeeded"]
    rows = sandbox.store.rows(folder, CART_TABLE)
    assert len(rows) == warehouse.audience_rows("abandoned_cart")
    assert len(rows) >= 2 * len({row["CUSTOMER_ID"] for row in rows}) > 0
    assert all(row["IMAGE_URL"] and row["PRODUCT_NAME"] and row["PRICE"] for row in rows)
    assert len({row["CAMPAIGN_ID"] for row in rows}) == 1


def test_the_third_example_makes_its_own_table(
    project: Project, warehouse: Warehouse, sandbox: Sandbox, folder: str
) -> None:
    project.run("abandoned-browse")
    assert sandbox.store.row_count(folder, "Acquia_AbandonedBrowse") == warehouse.audience_rows(
        "abandoned_browse"
    )
