"""Airflow's side: operators that run Meltano, and what its retries have to know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from orchestrate.accounts import read_plan
from orchestrate.errors import PlanError
from orchestrate.outcome import Verdict
from orchestrate.work import delivering, loading, missing_inputs, modelling, opening
from orchestrate.worker import MeltanoRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrate.accounts import Plan
    from orchestrate.work import Work

LOAD = "load"


class MeltanoOperator(BaseOperator):  # type: ignore[misc]  # Airflow lies in another environment
    """Runs Meltano for an account; tries again only where that may help.

    Args:
        account: Name of the account.
    """

    def __init__(self, *, account: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.account = account
        self._run: MeltanoRun | None = None

    def work(self, plan: Plan, context: Any) -> Work | None:
        """Return what to run, None for nothing."""
        raise NotImplementedError

    def result(self, plan: Plan) -> Any:
        """Return what following tasks get once the run is done."""
        del plan

    def execute(self, context: Any) -> Any:
        """Run it.

        Raises:
            AirflowFailException: If trying again changes nothing.
            AirflowException: If it may.
        """
        try:
            plan = read_plan()
            work = self.work(plan, context)
            if work is None:
                return self.result(plan)
            self._run = MeltanoRun(work, self.log.info)
            ended = self._run.run()
        except PlanError as error:
            raise AirflowFailException(str(error)) from None
        if ended.verdict is Verdict.STOP:
            raise AirflowFailException(
                f"{work.name} ended with {ended.exit_code}: trying again changes nothing."
            )
        if ended.verdict is Verdict.AGAIN:
            raise AirflowException(f"{work.name} failed.")
        return self.result(plan)

    def on_kill(self) -> None:
        """End the run when the task is stopped."""
        if self._run is not None:
            self._run.stop()


class OpenWarehouse(MeltanoOperator):
    """Makes the warehouse's schema; returns the feeds that are to be loaded."""

    def work(self, plan: Plan, context: Any) -> Work:
        """Return the run."""
        del context
        return opening(plan, plan.account(self.account))

    def result(self, plan: Plan) -> list[str]:
        """Return the feeds."""
        return list(plan.account(self.account).feeds)


class LoadFeed(MeltanoOperator):
    """Loads a feed; returns its name.

    Args:
        feed: Stream of tap-responsys.
    """

    template_fields: Sequence[str] = ("feed",)

    def __init__(self, *, feed: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.feed = feed

    def work(self, plan: Plan, context: Any) -> Work:
        """Return the run."""
        del context
        return loading(plan, plan.account(self.account), self.feed)

    def result(self, plan: Plan) -> str:
        """Return the feed."""
        del plan
        return self.feed


class BuildModels(MeltanoOperator):
    """Runs what stands between loading and delivering, on what could be loaded."""

    def work(self, plan: Plan, context: Any) -> Work | None:
        """Return the run."""
        del context
        return modelling(plan, plan.account(self.account))


class DeliverCampaign(MeltanoOperator):
    """Delivers a campaign once its inputs are loaded.

    Args:
        campaign: Its name.
    """

    def __init__(self, *, campaign: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.campaign = campaign

    def work(self, plan: Plan, context: Any) -> Work:
        """Return the run.

        Raises:
            PlanError: RSYS-7008 if a feed that it needs is not loaded.
        """
        account = plan.account(self.account)
        campaign = account.campaign(self.campaign)
        if missing := missing_inputs(campaign, loaded(context)):
            raise PlanError(
                "RSYS-7008",
                f"Campaign {campaign.name} of account {account.name} waits for {', '.join(missing)}.",
                "Clear these tasks once their cause is gone; what follows runs again with them.",
            )
        return delivering(plan, account, campaign)


def loaded(context: Any) -> list[str]:
    """Return the feeds that this DAG run has loaded."""
    return [feed for feed in context["ti"].xcom_pull(task_ids=[LOAD]) if feed]
