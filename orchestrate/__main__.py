"""Shards and campaigns from the command line, for Kubernetes and for hands; see docs/airflow.md.

    python -m orchestrate shards                  every shard: account and feed
    python -m orchestrate pools                   the pools for `airflow pools import`
    python -m orchestrate open ACCOUNT            make the warehouse's schema
    python -m orchestrate load ACCOUNT FEED       load one feed (or its number: --index 0)
    python -m orchestrate models ACCOUNT          what runs between loading and delivering
    python -m orchestrate deliver ACCOUNT CAMPAIGN

Exit codes: 0 done; 1 try again; 2 and 3 trying again changes nothing (3: records were refused); 143 ended by
SIGTERM, 130 by SIGINT.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from typing import TYPE_CHECKING

from orchestrate.accounts import Account, Plan, read_plan
from orchestrate.errors import PlanError
from orchestrate.work import delivering, loading, modelling, opening, pool
from orchestrate.worker import MeltanoRun

if TYPE_CHECKING:
    from types import FrameType

    from orchestrate.work import Work


def main() -> None:
    """Do what the command line says.

    Raises:
        SystemExit: Always, with the exit code.
    """
    chosen = _arguments()
    try:
        plan = read_plan()
        if chosen.command == "shards":
            _say("\n".join(f"{account.name} {feed}" for account in plan.accounts for feed in account.feeds))
        elif chosen.command == "pools":
            _say(json.dumps(pools(plan), indent=2))
        elif work := _work(plan, chosen):
            sys.exit(_run(work))
    except PlanError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    sys.exit(0)


def pools(plan: Plan) -> dict[str, dict[str, object]]:
    """Return what `airflow pools import` takes: a pool for each account, with a slot for each session."""
    return {
        pool(account): {
            "slots": account.sessions,
            "description": f"Sessions at the Responsys account {account.name}",
            "include_deferred": False,
        }
        for account in plan.accounts
    }


def feed_at(account: Account, index: int) -> str:
    """Return the feed with this number, counted from 0, as an indexed Job of Kubernetes does.

    Raises:
        PlanError: RSYS-7007 if there are not so many.
    """
    if not 0 <= index < len(account.feeds):
        raise PlanError(
            "RSYS-7007",
            f"Account {account.name} has {len(account.feeds)} feeds, none of them is number {index}.",
            "Give the Job as many completions as there are feeds.",
        )
    return account.feeds[index]


def _work(plan: Plan, chosen: argparse.Namespace) -> Work | None:
    account = plan.account(chosen.account)
    if chosen.command == "open":
        return opening(plan, account)
    if chosen.command == "models":
        return modelling(plan, account)
    if chosen.command == "deliver":
        return delivering(plan, account, account.campaign(chosen.campaign))
    return loading(plan, account, chosen.feed or feed_at(account, chosen.index))


def _run(work: Work) -> int:
    run, signals = MeltanoRun(work, _say), list[int]()

    def stop(signum: int, _frame: FrameType | None) -> None:
        signals.append(signum)
        run.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    result = run.run()
    return 128 + signals[0] if signals else result.exit_code


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="orchestrate", description="Run shards and campaigns.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("shards", help="list the shards")
    commands.add_parser("pools", help="print the pools for Airflow")
    for name, what in (
        ("open", "make the warehouse's schema"),
        ("load", "load one feed"),
        ("models", "run what stands between loading and delivering"),
        ("deliver", "deliver a campaign"),
    ):
        command = commands.add_parser(name, help=what)
        command.add_argument("account")
        if name == "load":
            which = command.add_mutually_exclusive_group(required=True)
            which.add_argument("feed", nargs="?")
            which.add_argument("--index", type=int, help="the feed's number in the accounts file, from 0 on")
        if name == "deliver":
            command.add_argument("campaign")
    return parser.parse_args()


if __name__ == "__main__":
    main()
