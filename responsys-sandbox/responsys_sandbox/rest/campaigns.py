"""Campaigns, what they are scheduled for, and programs (rest-api.md section 6)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from responsys_sandbox.profilelists import LIST_NAME
from responsys_sandbox.rest.call import API, MAX_PAGE, link
from responsys_sandbox.rest.errors import ApiError, invalid

if TYPE_CHECKING:
    from responsys_sandbox.campaigns import Campaign
    from responsys_sandbox.programs import Program
    from responsys_sandbox.rest.call import Call

_TYPES = ("email", "push", "sms", "mms", "pushiocampaign")
_A_MONDAY = date(2026, 1, 5)
_CREATED, _PUBLISHED = "2020-01-01 00:00:00", "2020-01-02 00:00:00"


def list_campaigns(call: Call) -> Any:
    """`GET /campaigns`: the campaigns of one type, in pages."""
    kind = call.query.get("type", ["email"])[0]
    _require_emd(call, kind)
    if kind not in _TYPES or kind in call.options.refused_campaign_types:
        raise invalid("Invalid campaign type")
    campaigns = call.options.campaigns.get(kind, ())
    return _collection(call, "campaigns", [_campaign(call, kind, campaign) for campaign in campaigns])


def list_schedules(call: Call) -> Any:
    """`GET /campaigns/{campaignName}/schedule`: the launches that are to come."""
    name = call.names["campaignName"]
    found = [
        (kind, campaign)
        for kind in ("email", "push")
        for campaign in call.options.campaigns.get(kind, ())
        if campaign.name == name
    ]
    if not found:
        raise ApiError("CAMPAIGN_NOT_FOUND", f"Campaign [{name}] not found")
    kind, campaign = found[0]
    _require_emd(call, kind)
    return _collection(call, "schedules", [_schedule(campaign, day) for day in campaign.weekdays])


def list_programs(call: Call) -> Any:
    """`GET /programs`: the programs of some status or all, in pages."""
    wanted = call.query.get("status", [""])[0]
    programs = [
        _program(call, program)
        for program in call.options.programs
        if not wanted or program.status in wanted.split(",")
    ]
    return _collection(call, "programs", programs)


def _require_emd(call: Call, kind: str) -> None:
    if kind == "email" and not call.options.emd:
        raise ApiError("API_DISABLED_FOR_USER", "Email Message Designer is not enabled for this account")


def _collection(call: Call, key: str, items: list[dict[str, Any]]) -> Any:
    """Return the page that is asked for, in the envelope of the options."""
    wanted = call.page()
    page, envelope = items[wanted], call.options.envelope
    if envelope == "bare":
        return page
    answer: dict[str, Any] = {key if envelope == "named" else "items": page}
    if call.options.page_links:
        answer["links"] = _links(call, wanted, len(items))
    return answer


def _links(call: Call, wanted: slice, count: int) -> list[dict[str, str]]:
    links = [call.self_link("GET")]
    path, limit = call.path.partition("?")[0], max(1, wanted.stop - wanted.start)
    kind = "".join(f"&type={quote(value)}" for value in call.query.get("type", ()))
    for rel, offset, exists in (
        ("prev", max(0, wanted.start - limit), wanted.start > 0),
        ("next", wanted.stop, wanted.stop < count),
    ):
        if exists:
            links.append(link(rel, f"{path}?offset={offset}&limit={min(limit, MAX_PAGE)}{kind}", "GET"))
    return links


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


def _program(call: Call, program: Program) -> dict[str, Any]:
    running = program.status != "NOT_RUNNING"
    return {
        "id": str(program.id),
        "name": program.name,
        "folderName": call.options.folders[0],
        "listName": LIST_NAME,
        "channels": list(program.channels),
        "createdOn": _CREATED,
        "createdBy": call.options.user_name,
        "modifiedOn": _PUBLISHED,
        "modifiedBy": call.options.user_name,
        "publishDate": _PUBLISHED,
        "unpublishDate": "" if running else "2021-06-01 00:00:00",
        "status": program.status,
    }
