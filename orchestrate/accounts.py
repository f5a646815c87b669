"""The accounts file: which accounts there are, what is read of them, and what is delivered to them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import yaml

from orchestrate.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VARIABLE = "RESPONSYS_ACCOUNTS"
DEFAULT_FILE = Path(__file__).with_name("accounts.yaml")
# Names become parts of state ids, with a dot between them, and of names in Airflow and Kubernetes.
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
# Thousands of accounts are read in less than a second with it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAN_KEYS = {"environment", "loader", "retries", "retry_seconds", "accounts"}
_ACCOUNT_KEYS = {
    "name",
    "schedule",
    "sessions",
    "feeds",
    "settings",
    "secrets",
    "models",
    "campaigns",
    "groups",
}
_CAMPAIGN_KEYS = {"name", "job", "inputs"}


@dataclass(frozen=True)
class Campaign:
    """A delivery.

    Args:
        name: Its name.
        job: What `meltano run` gets: a job of meltano.yml.
        inputs: The feeds that have to be loaded before it.
    """

    name: str
    job: str
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Account:
    """A Responsys account.

    Args:
        name: Its name, unique.
        feeds: What is loaded, each by itself: streams of tap-responsys, or groups of them.
        sessions: How many runs may be signed in at the account's servers at once.
        schedule: When it is loaded, as cron writes it; None for never by itself.
        settings: Environment variables of its runs.
        secrets: Variables of its runs whose values are in variables of the worker, by the names of these.
        models: What is run between loading and delivering; None for nothing.
        campaigns: Its deliveries.
        groups: Names to streams that one run loads together, since each has little.
    """

    name: str
    feeds: tuple[str, ...]
    sessions: int = 2
    schedule: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    models: str | None = None
    campaigns: tuple[Campaign, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def streams(self, feed: str) -> tuple[str, ...]:
        """Return the streams that are loaded for an entry of `feeds`."""
        return self.groups.get(feed, (feed,))

    def campaign(self, name: str) -> Campaign:
        """Return a campaign by name.

        Raises:
            PlanError: RSYS-7002 if there is none.
        """
        found = next((campaign for campaign in self.campaigns if campaign.name == name), None)
        return found or _unknown(f"campaign of account {self.name}", name)


@dataclass(frozen=True)
class Plan:
    """All of the accounts file.

    Args:
        accounts: The accounts.
        environment: Meltano's environment, the first part of all state ids.
        loader: The target of the exports.
        retries: How often a failed run is tried again.
        retry_seconds: Pause before the first of these, doubled for each further one.
    """

    accounts: tuple[Account, ...]
    environment: str = "prod"
    loader: str = "target-postgres"
    retries: int = 3
    retry_seconds: int = 300

    def account(self, name: str) -> Account:
        """Return an account by name.

        Raises:
            PlanError: RSYS-7002 if there is none.
        """
        found = next((account for account in self.accounts if account.name == name), None)
        return found or _unknown("account", name)


def read_plan(path: Path | None = None) -> Plan:
    """Read the accounts file.

    Args:
        path: The file; None for that of RESPONSYS_ACCOUNTS, or else accounts.yaml in this folder.

    Raises:
        PlanError: RSYS-7001 if it cannot be read, or says something that cannot be.
    """
    path = path or Path(os.environ.get(VARIABLE) or DEFAULT_FILE)
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe one
    except OSError as error:
        raise _mistake(f"{path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _mistake(f"{path} is no YAML") from error
    return plan_from(document)


def plan_from(document: object) -> Plan:
    """Return what an accounts file says.

    Raises:
        PlanError: RSYS-7001 if it says something that cannot be.
    """
    entry = _mapping(document, "the file", _PLAN_KEYS)
    accounts = tuple(_account(item) for item in _list(entry, "accounts", "the file"))
    _unique((account.name for account in accounts), "accounts")
    if not accounts:
        raise _mistake("the file names no account")
    return Plan(
        accounts,
        environment=_text(entry.get("environment", Plan.environment), "environment of the file"),
        loader=_text(entry.get("loader", Plan.loader), "loader of the file"),
        retries=_count(entry.get("retries", Plan.retries), "retries", 0),
        retry_seconds=_count(entry.get("retry_seconds", Plan.retry_seconds), "retry_seconds", 0),
    )


def _account(item: object) -> Account:
    entry = _mapping(item, "an account", _ACCOUNT_KEYS)
    name = _name(entry.get("name"), "an account")
    where = f"account {name}"
    feeds = tuple(_name(feed, f"a feed of {where}") for feed in _list(entry, "feeds", where))
    if not feeds:
        raise _mistake(f"{where} has no feeds")
    _unique(feeds, f"feeds of {where}")
    groups = _groups(entry.get("groups"), where, feeds)
    _unique((stream for feed in feeds for stream in groups.get(feed, (feed,))), f"streams of {where}")
    campaigns = tuple(_campaign(campaign, where, feeds) for campaign in _list(entry, "campaigns", where))
    _unique((campaign.name for campaign in campaigns), f"campaigns of {where}")
    settings, secrets = (_variables(entry.get(key), f"{key} of {where}") for key in ("settings", "secrets"))
    if both := settings.keys() & secrets.keys():
        raise _mistake(f"{where} has {min(both)} in settings and in secrets")
    schedule, models = entry.get("schedule"), entry.get("models")
    return Account(
        name=name,
        feeds=feeds,
        sessions=_count(entry.get("sessions", Account.sessions), f"sessions of {where}", 1),
        schedule=None if schedule is None else _text(schedule, f"schedule of {where}"),
        settings=settings,
        secrets=secrets,
        models=None if models is None else _text(models, f"models of {where}"),
        campaigns=campaigns,
        groups=groups,
    )


def _groups(value: object, where: str, feeds: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    entry = {} if value is None else value
    if not isinstance(entry, dict):
        raise _mistake(f"groups of {where} is no mapping")
    for name in entry:
        if name not in feeds:
            raise _mistake(f"group {name} of {where} is none of its feeds")
        if not _list(entry, name, f"groups of {where}"):
            raise _mistake(f"group {name} of {where} is empty")
    return {
        name: tuple(_name(stream, f"a stream of group {name} of {where}") for stream in streams)
        for name, streams in entry.items()
    }


def _campaign(item: object, where: str, feeds: tuple[str, ...]) -> Campaign:
    entry = _mapping(item, f"a campaign of {where}", _CAMPAIGN_KEYS)
    name = _name(entry.get("name"), f"a campaign of {where}")
    inputs = tuple(_list(entry, "inputs", f"campaign {name} of {where}"))
    for feed in inputs:
        if feed not in feeds:
            raise _mistake(f"campaign {name} of {where} needs {feed}, which is none of its feeds")
    return Campaign(name, _text(entry.get("job", name), f"job of campaign {name} of {where}"), inputs)


def _unknown(what: str, name: str) -> NoReturn:
    raise PlanError(
        "RSYS-7002", f"There is no {what} named {name}.", "Correct the name or the accounts file."
    )


def _mapping(value: object, what: str, keys: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _mistake(f"{what} is no mapping")
    if unknown := value.keys() - keys:
        raise _mistake(f"{what} has an unknown key {min(map(str, unknown))}")
    return value


def _list(entry: Mapping[str, Any], key: str, what: str) -> list[Any]:
    value = entry.get(key, [])
    if not isinstance(value, list):
        raise _mistake(f"{key} of {what} is no list")
    return value


def _name(value: object, what: str) -> str:
    if not (isinstance(value, str) and _NAME.fullmatch(value)):
        raise _mistake(f"the name of {what} is not of a letter and up to 39 of a-z, 0-9, _ and -")
    return value


def _text(value: object, what: str) -> str:
    if not (isinstance(value, str) and value.strip()):
        raise _mistake(f"{what} is no text")
    return value


def _count(value: object, what: str, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise _mistake(f"{what} is no number from {least} on")
    return value


def _variables(value: object, what: str) -> dict[str, str]:
    entry = {} if value is None else value
    if not isinstance(entry, dict):
        raise _mistake(f"{what} is no mapping")
    for key, text in entry.items():
        if not (isinstance(key, str) and _VARIABLE.fullmatch(key) and isinstance(text, str)):
            raise _mistake(f"{what} is not of variables in capital letters and texts (numbers in quotes)")
    return entry


def _unique(names: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise _mistake(f"{name} stands twice in the {what}")
        seen.add(name)


def _mistake(problem: str) -> PlanError:
    return PlanError("RSYS-7001", f"The accounts file cannot be used: {problem}.", "See docs/airflow.md.")
