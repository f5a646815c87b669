"""What an account holds, as the REST API lists it: campaigns and their schedules, programs, folders, lists.

Entries are given as Responsys writes them; ids are mostly texts, in places numbers (Oracle's REST API
reference v1.3). Only the objects that the user may see are listed.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from responsys_io.restanswers import RefusedError
from responsys_io.restpages import items_of, listed
from responsys_io.restsession import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from responsys_io.restsession import RestSession

logger = logging.getLogger(__name__)

CAMPAIGN_TYPES = ("email", "push", "sms", "mms", "pushiocampaign")
SCHEDULED_TYPES = ("email", "push")
"""Campaigns whose launches can be scheduled over REST (Oracle's page on launch schedules)."""

_CAMPAIGNS = Endpoint("GET", "/campaigns", "list the campaigns")
_SCHEDULES = Endpoint("GET", "/campaigns/{campaign}/schedule", "list a campaign's launch schedules")
_PROGRAMS = Endpoint("GET", "/programs", "list the programs")
_FOLDERS = Endpoint("GET", "/folders", "list the folders")
_LISTS = Endpoint("GET", "/lists", "list the profile lists")
_GONE = {"CAMPAIGN_NOT_FOUND", "RESOURCE_NOT_FOUND"}


def campaigns(session: RestSession, types: Sequence[str] = CAMPAIGN_TYPES) -> Iterator[dict[str, Any]]:
    """Yield the campaigns of these types; classic e-mail campaigns are never among them.

    An account without a channel may refuse the type: that is logged, the other types are listed.

    Raises:
        SettingsError: RSYS-4010 in an account without Email Message Designer.
    """
    for kind in types:
        try:
            for campaign in listed(session, _CAMPAIGNS, "campaigns", query=[("type", kind)]):
                yield {**campaign, "type": campaign.get("type") or kind.upper()}
        except RefusedError as error:
            if kind == CAMPAIGN_TYPES[0] or error.error_code != "INVALID_PARAMETER":
                raise
            logger.warning("No campaigns of type %s are listed: %s", kind, error)


def schedules(session: RestSession) -> Iterator[dict[str, Any]]:
    """Yield what campaigns are scheduled for, each entry with `campaign_id` and `campaign_name`.

    A campaign that is deleted meanwhile has none.
    """
    for campaign in campaigns(session, SCHEDULED_TYPES):
        name = campaign.get("name")
        if not isinstance(name, str) or not name:
            raise _CAMPAIGNS.unusable()
        belonging = {"campaign_id": campaign.get("id"), "campaign_name": name}
        try:
            for schedule in listed(session, _SCHEDULES, "schedules", {"campaign": name}):
                yield {**schedule, **belonging}
        except RefusedError as error:
            if error.error_code not in _GONE:
                raise


def programs(session: RestSession) -> Iterator[dict[str, Any]]:
    """Yield the programs in whatever state."""
    return listed(session, _PROGRAMS, "programs")


def folders(session: RestSession) -> Iterator[dict[str, Any]]:
    """Yield the folders."""
    return listed(session, _FOLDERS, "folders")


def profile_lists(session: RestSession) -> Iterator[dict[str, Any]]:
    """Yield the profile lists with their fields; this list comes whole."""
    yield from items_of(session.call(_LISTS), "lists", _LISTS)
