"""Campaigns and what they are scheduled for (rest-api.md section 6)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from responsys_sandbox.profilelists import LIST_NAME
from responsys_sandbox.rest.call import API, link
from responsys_sandbox.rest.errors import ApiError, invalid
from responsys_sandbox.rest.pages import collection

if TYPE_CHECKING:
    from responsys_sandbox.campaigns import Campaign
    from responsys_sandbox.rest.call import Call

_TYPES = ("email", "push", "sms", "mms", "pushiocampaign")
_A_MONDAY = date(2026, 1, 5)


def list_campaigns(call: Call) -> Any:
    """`GET /campaigns`: the campaigns of one type, in pages."""
    kind = call.query.get("type", ["email"])[0]
    _require_emd(call, kind)
    if kind not in _TYPES or kind in call.options.refused_campaign_types:
        raise invalid("Invalid campaign type")
    campaigns = call.options.campaigns.get(kind, ())
    return collection(call, "campaigns", [_campaign(call, kind, campaign) for campaign in campaigns])


def list_schedules(call: Call) -> Any:
    """`GET /campaigns/{campaignName}/schedule`: the launches that are to come."""
    return collection(call, "schedules", _schedules(_wanted(call, ("email", "push"))[1]))


def read_campaign(call: Call) -> Any:
    """`GET /campaigns/{campaignName}`."""
    return _campaign(call, *_wanted(call, _TYPES))


def read_schedule(call: Call) -> Any:
    """`GET /campaigns/{campaignName}/schedule/{scheduleId}`."""
    wanted = call.names["scheduleId"]
    for schedule in _schedules(_wanted(call, ("email", "push"))[1]):
        if str(schedule["id"]) == wanted:
            return schedule
    raise ApiError("OBJECT_NOT_FOUND", f"Schedule [{wanted}] not found")


def _wanted(call: Call, kinds: tuple[str, ...]) -> tuple[str, Campaign]:
    """Return the campaign that the path names, and its type.

    Raises:
        ApiError: there is none, or the account may not see it.
    """
    name = call.names["campaignName"]
    for kind in kinds:
        for campaign in call.options.campaigns.get(kind, ()):
            if campaign.name == name:
                _require_emd(call, kind)
                return kind, campaign
    raise ApiError("CAMPAIGN_NOT_FOUND", f"Campaign [{name}] not found")


def _require_emd(call: Call, kind: str) -> None:
    if kind == "email" and not call.options.emd:
        raise ApiError("API_DISABLED_FOR_USER", "Email Message Designer is not enabled for this account")


def _campaign(call: Call, kind: str, campaign: Campaign) -> dict[str, Any]:
    return {
        "id": str(campaign.id),
        "name": campaign.name,
        "folderName": call.options.folders[0],
        "type": kind.upper(),
        "description": "",
        "campaignStatus": "ACTIVE",
        "purpose": "PROMOTIONAL",
        "listName": LIST_NAME,
        "proofListPath": None,
        "seedListPath": None,
        "filterPaths": [],
        "segmentPaths": [],
        "suppressionListPaths": [],
        "supplementaryCampaignDataSourcePaths": [],
        "attachmentPaths": [],
        "htmlMessagePath": f"/contentlibrary/{campaign.name.lower()}/message.htm",
        "enableLinkTracking": True,
        "enableExternalTracking": False,
        "externalTrackingParams": {},
        "campaignVariables": {"theme": campaign.theme} if campaign.theme else {},
        "subject": campaign.subject,
        "fromName": "Outdoor Shop",
        "fromEmail": "news@shop.example.com",
        "replyToEmail": "reply@shop.example.com",
        "useUTF8": True,
        "locale": "en",
        "trackHTMLOpens": True,
        "trackConversions": False,
        "sendTextIfHTMLUnknown": False,
        "unsubscribeOption": "OPTOUT_SINGLE_CLICK",
        "autoCloseOption": "NO_AUTO_CLOSE",
        "marketingStrategy": campaign.strategy or None,
        "marketingProgram": None,
        "links": [link("self", f"{API}/campaigns/{quote(campaign.name, safe='')}", "GET")],
    }


def _schedules(campaign: Campaign) -> list[dict[str, Any]]:
    return [_schedule(campaign, day) for day in campaign.weekdays]


def _schedule(campaign: Campaign, day: int) -> dict[str, Any]:
    """Return one launch schedule; the id is a number, as in Oracle's sample, where Swagger has a text."""
    at = datetime.combine(_A_MONDAY + timedelta(day), time(campaign.minute // 60, campaign.minute % 60))
    return {
        "id": campaign.id * 10 + day,
        "scheduleType": "RECURRING",
        "scheduledTime": at.strftime("%Y-%m-%d %I:%M %p"),
        "recurringEndTime": "2027-01-04 12:00 AM",
        "recurringInterval": "WEEKLY",
        "launchOptions": {"proofLaunch": False, "progressEmailAddresses": ["launches@shop.example.com"]},
    }
