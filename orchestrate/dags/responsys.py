# ruff: noqa: INP001 - found by Airflow, no package
"""A DAG for each account: open the warehouse, load each feed, build models, deliver campaigns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, get_parsing_context
from orchestrate.accounts import Account, Plan, read_plan
from orchestrate.operators import LOAD, BuildModels, DeliverCampaign, LoadFeed, OpenWarehouse
from orchestrate.work import pool


def dag_of(plan: Plan, account: Account) -> DAG:
    """Return an account's DAG."""
    with DAG(
        dag_id=pool(account),
        description=f"Responsys account {account.name}: exports in, audiences out",
        schedule=account.schedule,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        # A shard's bookmark has one writer.
        max_active_runs=1,
        default_args={
            "retries": plan.retries,
            "retry_delay": timedelta(seconds=plan.retry_seconds),
            "retry_exponential_backoff": True,
            "max_retry_delay": timedelta(hours=2),
        },
        tags=["responsys"],
    ) as dag:
        # Airflow cannot map pools: this is why each account has tasks, and a DAG, of its own.
        common = {"account": account.name, "pool": pool(account)}
        opened = OpenWarehouse(task_id="open", **common)
        load = LoadFeed.partial(task_id=LOAD, map_index_template="{{ task.feed }}", **common).expand(
            feed=opened.output
        )
        models = BuildModels(task_id="models", account=account.name, trigger_rule="all_done_min_one_success")
        # A DAG run is as its last tasks are: without this one a feed that failed would not show.
        everything = EmptyOperator(task_id="everything")
        load >> models >> everything
        load >> everything
        for campaign in account.campaigns:
            task = DeliverCampaign(task_id=f"deliver_{campaign.name}", campaign=campaign.name, **common)
            models >> task >> everything
    return dag


PLAN = read_plan()
# A worker reads this file for each task, and needs the task's DAG alone.
WANTED = get_parsing_context().dag_id
for ACCOUNT in PLAN.accounts:
    if WANTED in {None, pool(ACCOUNT)}:
        globals()[pool(ACCOUNT)] = dag_of(PLAN, ACCOUNT)
