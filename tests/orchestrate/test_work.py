"""What is run for a shard or a campaign: arguments, variables, state ids."""

from __future__ import annotations

import pytest
from orchestrate.accounts import Account, Campaign, Plan, plan_from
from orchestrate.errors import PlanError
from orchestrate.work import (
    Work,
    delivering,
    loading,
    missing_inputs,
    modelling,
    opening,
    pool,
    state_id,
)

ACME = Account(
    name="acme",
    feeds=("sent", "open"),
    settings={"TAP_RESPONSYS_HOST": "files.example.com"},
    secrets={"TAP_RESPONSYS_PASSWORD": "ACME_PASSWORD"},
    models="models",
    campaigns=(Campaign("sale", "store-locator", ("sent",)),),
)
PLAN = Plan((ACME,))
WORKER = {"ACME_PASSWORD": "secret", "MELTANO_DATABASE_URI": "postgresql://state"}


def test_a_feed_is_loaded_alone_under_a_state_id_of_its_own() -> None:
    work = loading(PLAN, ACME, "sent")
    assert work.name == "acme.sent"
    assert work.arguments == (
        "--log-format=json",
        "--environment=prod",
        "run",
        "--state-id-suffix=acme.sent",
        "tap-responsys",
        "target-postgres",
    )
    assert work.settings == {
        "TAP_RESPONSYS_HOST": "files.example.com",
        "TAP_RESPONSYS_STREAMS": '["sent", "rejected_rows"]',
        "TAP_RESPONSYS__SELECT": '["sent.*", "rejected_rows.*"]',
    }
    assert state_id(PLAN, ACME, "sent") == "prod:tap-responsys-to-target-postgres:acme.sent"


def test_a_group_is_loaded_by_one_run() -> None:
    account = plan_from(
        {"accounts": [{"name": "acme", "feeds": ["sent", "rest"], "groups": {"rest": ["open", "click"]}}]}
    ).account("acme")
    work = loading(PLAN, account, "rest")
    assert work.settings["TAP_RESPONSYS_STREAMS"] == '["open", "click", "rejected_rows"]'
    assert "--state-id-suffix=acme.rest" in work.arguments


def test_no_two_shards_share_a_state_id() -> None:
    feeds = ["sent", "open", "sms_sent"]
    plan = plan_from(
        {"accounts": [{"name": name, "feeds": feeds} for name in ("a", "a-b", "a_sms", "a_sms_sent")]}
    )
    ids = [state_id(plan, account, feed) for account in plan.accounts for feed in account.feeds]
    assert len(set(ids)) == len(ids) == 12


def test_opening_moves_no_bookmark_and_chooses_no_feed() -> None:
    work = opening(PLAN, ACME)
    assert "--no-state-update" in work.arguments
    assert work.settings["TAP_RESPONSYS_STREAMS"] == '["rejected_rows"]'


def test_models_and_campaigns_run_jobs_of_the_project() -> None:
    models = modelling(PLAN, ACME)
    assert models is not None
    assert models.arguments[2:] == ("run", "--state-id-suffix=acme", "models")
    assert delivering(PLAN, ACME, ACME.campaign("sale")).arguments[2:] == (
        "run",
        "--state-id-suffix=acme.sale",
        "store-locator",
    )
    assert modelling(PLAN, Account("globex", ("sent",))) is None


def test_the_loader_and_the_environment_are_those_of_the_plan() -> None:
    plan = Plan((ACME,), environment="dev", loader="target-snowflake")
    assert loading(plan, ACME, "open").arguments[1] == "--environment=dev"
    assert loading(plan, ACME, "open").arguments[-1] == "target-snowflake"
    assert state_id(plan, ACME, "open") == "dev:tap-responsys-to-target-snowflake:acme.open"


def test_a_feed_of_another_account_is_refused() -> None:
    with pytest.raises(PlanError, match="RSYS-7005: Account acme has no feed click"):
        loading(PLAN, ACME, "click")


def test_variables_are_the_workers_then_the_accounts() -> None:
    worker = WORKER | {
        "TAP_RESPONSYS_HOST": "another",
        "PATH": "/bin",
        "AIRFLOW__CORE__X": "1",
        "PYTHONPATH": "p",
    }
    variables = loading(PLAN, ACME, "sent").environment(worker)
    assert variables["TAP_RESPONSYS_HOST"] == "files.example.com"
    assert variables["TAP_RESPONSYS_PASSWORD"] == "secret"
    assert variables["PATH"] == "/bin"
    assert not {"AIRFLOW__CORE__X", "PYTHONPATH"} & variables.keys()


def test_a_secret_that_the_worker_has_not_is_named_without_a_value() -> None:
    with pytest.raises(
        PlanError, match="RSYS-7004: acme.sent takes TAP_RESPONSYS_PASSWORD from ACME_PASSWORD"
    ):
        loading(PLAN, ACME, "sent").environment(WORKER | {"ACME_PASSWORD": ""})


@pytest.mark.parametrize("variable", ["MELTANO_DATABASE_URI", "MELTANO_STATE_BACKEND_URI"])
def test_bookmarks_have_to_outlive_the_worker(variable: str) -> None:
    work = Work("acme.sent", (), {}, {})
    with pytest.raises(PlanError, match="RSYS-7003"):
        work.environment({})
    assert work.environment({variable: "x"}) == {variable: "x"}
    assert Work("acme.sent", (), {variable: "x"}, {}).environment({}) == {variable: "x"}


def test_a_campaign_waits_for_its_inputs_only() -> None:
    campaign = Campaign("sale", "sale", ("sent", "open", "click"))
    assert missing_inputs(campaign, ["click", "bounce", "open"]) == ("sent",)
    assert missing_inputs(campaign, ["click", "open", "sent"]) == ()
    assert missing_inputs(Campaign("sale", "sale", ()), []) == ()


def test_an_account_has_a_pool() -> None:
    assert pool(ACME) == "responsys_acme"
