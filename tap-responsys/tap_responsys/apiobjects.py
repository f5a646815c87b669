"""What is read over the REST API: the objects that the ids in the events stand for, and their columns.

Columns have the API's own names and are those of Oracle's reference and Swagger file (v1.3). Ids are numbers,
as in the events, where the API writes most of them as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from responsys_io import accountobjects
from tap_responsys.apivalues import JSON_TYPES, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from responsys_io.restapi import RestApi


@dataclass(frozen=True)
class ApiObject:
    """A kind of object, and the stream that lists all of it.

    Args:
        stream: Name of the stream.
        keys: What identifies an object.
        columns: Kind and description by name.
        read: Yields the objects as the API gives them.
    """

    stream: str
    keys: tuple[str, ...]
    columns: Mapping[str, tuple[Kind, str]]
    read: Callable[[RestApi], Iterator[Mapping[str, Any]]]

    @property
    def schema(self) -> dict[str, Any]:
        """The stream's JSON Schema: every column nullable but those of the key."""
        properties = {}
        for name, (kind, description) in self.columns.items():
            types = JSON_TYPES[kind]["type"]
            properties[name] = {
                **JSON_TYPES[kind],
                "type": [types] if name in self.keys else [types, "null"],
                "description": description,
            }
        return {"type": "object", "properties": properties}


def _tables(api: RestApi) -> Iterator[dict[str, Any]]:
    for table in api.tables():
        yield {
            "name": table.name,
            "folderName": table.folder,
            "fields": [{"fieldName": column.name, "fieldType": column.type} for column in table.columns],
        }


_FOLDER: tuple[Kind, str] = ("text", "Folder that it lies in")
_CAMPAIGN: dict[str, tuple[Kind, str]] = {
    "id": ("integer", "CAMPAIGN_ID of the events"),
    "name": ("text", "CAMPAIGN_NAME of the events"),
    "folderName": _FOLDER,
    "type": ("text", "EMAIL, PUSH, SMS, MMS or PUSHIOCAMPAIGN"),
    "description": ("text", "Description"),
    "campaignStatus": ("text", "NONE, DRAFT, ACTIVE or CLOSED"),
    "purpose": ("text", "PROMOTIONAL or TRANSACTIONAL"),
    "listName": ("text", "Profile list that it is sent to"),
    "marketingProgram": ("text", "Marketing program of the account's own scheme"),
    "marketingStrategy": ("text", "MARKETING_STRATEGY of the events"),
    "subject": ("text", "Template of the subject line"),
    "fromName": ("text", "Name of the sender"),
    "fromEmail": ("text", "Address of the sender"),
    "replyToEmail": ("text", "Address for answers"),
    "bccEmail": ("text", "Address for blind copies"),
    "locale": ("text", "Language and country"),
    "useUTF8": ("boolean", "Whether messages are in UTF-8"),
    "htmlMessagePath": ("text", "Document with the HTML message"),
    "textMessagePath": ("text", "Document with the text message"),
    "sendTextIfHTMLUnknown": ("boolean", "Whether recipients of unknown format get text"),
    "attachmentPaths": ("texts", "Documents that are attached"),
    "filterPaths": ("texts", "Filters that choose the recipients"),
    "segmentPaths": ("texts", "Segments that the recipients are told apart by"),
    "segmentTrackingColumnName": ("text", "Column that segments are tracked by"),
    "refiningDataSourcePath": ("text", "Table that refines the recipients"),
    "suppressionListPaths": ("texts", "Lists of people who get nothing"),
    "seedListPath": ("text", "List of additional recipients"),
    "proofListPath": ("text", "List of recipients of proofs"),
    "supplementaryCampaignDataSourcePaths": ("texts", "Tables that the message takes data from"),
    "supplementaryProofDataSourcePaths": ("texts", "Tables that proofs take data from"),
    "supplementarySeedDataSourcePaths": ("texts", "Tables that messages to the seed list take data from"),
    "campaignVariables": ("map", "Default values for the message's variables, by name"),
    "enableLinkTracking": ("boolean", "Whether clicks are tracked"),
    "linkTablePath": ("text", "Table of the tracked links"),
    "enableExternalTracking": ("boolean", "Whether links carry parameters of another tracking system"),
    "externalTrackingParams": ("map", "These parameters, by name"),
    "externalCampaignCode": ("text", "Code of the campaign in another system"),
    "salesForceCampaignId": ("text", "Id of the campaign in Salesforce"),
    "trackHTMLOpens": ("boolean", "Whether opens are tracked"),
    "trackConversions": ("boolean", "Whether conversions are tracked"),
    "unsubscribeOption": ("text", "NO_OPTOUT_BUTTON, OPTOUT_SINGLE_CLICK or OPTOUT_FORM"),
    "unsubscribeFormName": ("text", "Form for unsubscribing"),
    "autoCloseOption": ("text", "When the campaign closes by itself"),
    "autoCloseValue": ("text", "Days or date that autoCloseOption needs"),
    "closedCampaignURL": ("text", "Page that links lead to once the campaign is closed"),
    "appName": ("text", "App of a campaign for its message center"),
    "destinationMessageCenter": ("text", "Message center of such a campaign"),
}
_LAUNCH: dict[str, tuple[Kind, str]] = {
    "campaign_id": ("integer", "CAMPAIGN_ID of the events"),
    "campaign_name": ("text", "CAMPAIGN_NAME of the events"),
    "id": ("integer", "Id of the schedule"),
    "scheduleType": ("text", "NOW, ONCE or RECURRING"),
    "scheduledTime": ("text", "When it starts, as the API writes it, in the account's time zone"),
    "recurringEndTime": ("text", "When a recurring launch ends"),
    "recurringInterval": ("text", "How often a recurring launch takes place"),
    "launchOptions": ("map", "Limit, sampling, proof and progress options"),
}
_PROGRAM: dict[str, tuple[Kind, str]] = {
    "id": ("integer", "PROGRAM_ID of the events"),
    "name": ("text", "Name"),
    "folderName": _FOLDER,
    "listName": ("text", "Profile list that it works on"),
    "channels": ("texts", "Channels that it sends through"),
    "status": ("text", "NOT_RUNNING, RUNNING or RUNNING_WITH_ERRORS"),
    "createdOn": ("text", "When it was created"),
    "createdBy": ("text", "Who created it"),
    "modifiedOn": ("text", "When it was last modified"),
    "modifiedBy": ("text", "Who last modified it"),
    "publishDate": ("text", "When it was last published"),
    "unpublishDate": ("text", "When it was taken back; empty while it runs"),
}
_FOLDERS: dict[str, tuple[Kind, str]] = {
    "id": ("integer", "Id"),
    "name": ("text", "folderName of all other objects"),
    "subType": ("text", "Kind of folder"),
    "objSource": ("text", "Where it comes from"),
    "accountId": ("integer", "ACCOUNT_ID of the events"),
    "status": ("text", "Status"),
    "createdBy": ("text", "Who created it"),
    "modifiedBy": ("text", "Who last modified it"),
    "createdDate": ("text", "When it was created"),
    "modifiedDate": ("text", "When it was last modified"),
    "objectType": ("text", "Type of object"),
    "new": ("boolean", "Whether it is new"),
}
_TABLE: dict[str, tuple[Kind, str]] = {
    "folderName": _FOLDER,
    "name": ("text", "Name"),
    "fields": ("fields", "Columns, each with fieldName and fieldType"),
}

API_OBJECTS = (
    ApiObject("campaigns", ("id",), _CAMPAIGN, lambda api: accountobjects.campaigns(api.session)),
    # The API knows no launches of the past: the feed LAUNCH_STATE explains LAUNCH_ID.
    ApiObject("launches", ("campaign_id", "id"), _LAUNCH, lambda api: accountobjects.schedules(api.session)),
    ApiObject("programs", ("id",), _PROGRAM, lambda api: accountobjects.programs(api.session)),
    ApiObject("folders", ("id",), _FOLDERS, lambda api: accountobjects.folders(api.session)),
    ApiObject("profile_lists", ("name",), _TABLE, lambda api: accountobjects.profile_lists(api.session)),
    ApiObject("supplemental_tables", ("folderName", "name"), _TABLE, _tables),
)
