"""What is run for an account: the arguments of Meltano and the environment variables, as plain data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrate.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrate.accounts import Account, Campaign, Plan

EXTRACTOR = "tap-responsys"
REJECTED_ROWS = "rejected_rows"
# Where bookmarks that outlive a worker may lie; Meltano's own names.
STATE_VARIABLES = ("MELTANO_DATABASE_URI", "MELTANO_STATE_BACKEND_URI")


@dataclass(frozen=True)
class Work:
    """One run of Meltano.

    Args:
        name: What it is called in messages.
        arguments: Arguments of `meltano`.
        settings: Environment variables.
        secrets: Environment variables whose values are in those that are named here.
    """

    name: str
    arguments: tuple[str, ...]
    settings: Mapping[str, str]
    secrets: Mapping[str, str]

    def environment(self, worker: Mapping[str, str]) -> dict[str, str]:
        """Return the variables of the run.

        Args:
            worker: The worker's own variables, which the run has too, but for those of Airflow and Python.

        Raises:
            PlanError: RSYS-7003 if bookmarks would be lost with the worker, RSYS-7004 if a secret is missing.
        """
        for variable, source in self.secrets.items():
            if not worker.get(source):
                raise PlanError(
                    "RSYS-7004",
                    f"{self.name} takes {variable} from {source}, which this worker has not.",
                    "Give the variable to the workers.",
                )
        variables = {name: value for name, value in worker.items() if not _is_of_others(name)}
        variables |= self.settings
        variables |= {variable: worker[source] for variable, source in self.secrets.items()}
        if not any(variables.get(name) for name in STATE_VARIABLES):
            raise PlanError(
                "RSYS-7003",
                f"{self.name} has no state backend that outlives this worker.",
                "Set MELTANO_DATABASE_URI or MELTANO_STATE_BACKEND_URI.",
            )
        return variables


def opening(plan: Plan, account: Account) -> Work:
    """Return the run that makes the warehouse's schema, before several runs want to make it at once.

    It signs in, reads no export, and moves no bookmark.
    """
    options = ("--no-state-update", f"--state-id-suffix={account.name}")
    return _work(plan, account, "warehouse", options, (EXTRACTOR, plan.loader), _streams(()))


def loading(plan: Plan, account: Account, feed: str) -> Work:
    """Return the run that loads one feed, or one group of them, with a state id of its own.

    Raises:
        PlanError: RSYS-7005 if the account has no such feed.
    """
    if feed not in account.feeds:
        raise PlanError(
            "RSYS-7005",
            f"Account {account.name} has no feed {feed}.",
            "Correct the name or the accounts file.",
        )
    options = (f"--state-id-suffix={state_suffix(account, feed)}",)
    return _work(plan, account, feed, options, (EXTRACTOR, plan.loader), _streams(account.streams(feed)))


def modelling(plan: Plan, account: Account) -> Work | None:
    """Return the run between loading and delivering, where there is one."""
    if account.models is None:
        return None
    return _work(plan, account, "models", (f"--state-id-suffix={account.name}",), account.models.split(), {})


def delivering(plan: Plan, account: Account, campaign: Campaign) -> Work:
    """Return the run that delivers a campaign."""
    options = (f"--state-id-suffix={state_suffix(account, campaign.name)}",)
    return _work(plan, account, campaign.name, options, campaign.job.split(), {})


def state_suffix(account: Account, name: str) -> str:
    """Return the last part of a feed's or campaign's state id; no name has a dot, so no two are the same."""
    return f"{account.name}.{name}"


def state_id(plan: Plan, account: Account, feed: str) -> str:
    """Return a shard's whole state id, as `meltano state` takes it."""
    return f"{plan.environment}:{EXTRACTOR}-to-{plan.loader}:{state_suffix(account, feed)}"


def pool(account: Account) -> str:
    """Return the name of an account's Airflow pool, with a slot for each session, and of its DAG."""
    return f"responsys_{account.name}"


def missing_inputs(campaign: Campaign, loaded: Iterable[str]) -> tuple[str, ...]:
    """Return the feeds that a campaign needs and that are not loaded."""
    done = set(loaded)
    return tuple(feed for feed in campaign.inputs if feed not in done)


def _streams(feeds: tuple[str, ...]) -> dict[str, str]:
    """The tap's choice of streams. Rows that do not fit go along with each feed."""
    chosen = [*feeds, REJECTED_ROWS]
    return {
        "TAP_RESPONSYS_STREAMS": json.dumps(chosen),
        "TAP_RESPONSYS__SELECT": json.dumps([f"{stream}.*" for stream in chosen]),
    }


def _work(
    plan: Plan,
    account: Account,
    name: str,
    options: Iterable[str],
    blocks: Iterable[str],
    variables: Mapping[str, str],
) -> Work:
    # JSON lines tell which plugin has ended how.
    command = ("--log-format=json", f"--environment={plan.environment}", "run", *options, *blocks)
    return Work(f"{account.name}.{name}", command, {**account.settings, **variables}, account.secrets)


def _is_of_others(name: str) -> bool:
    return name.startswith("AIRFLOW") or name in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
