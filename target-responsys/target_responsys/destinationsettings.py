"""Settings of what a stream is merged into: a supplemental table, an extension table or a profile list."""

from __future__ import annotations

from typing import Any

from responsys_io.settings import setting
from target_responsys.consent import PERMISSION_STATUSES

DESTINATION_PROPERTIES: dict[str, dict[str, Any]] = {
    "destination": setting(
        "string",
        "Destination",
        "What streams go to: supplemental tables; pet, a profile extension table; or list, a profile list. "
        "tables.<stream>.destination says it for one stream.",
        default="supplemental",
        enum=["supplemental", "pet", "list", None],
    ),
    "list_name": setting(
        "string",
        "Profile list",
        "Name of the profile list, for destination list and for the list that a pet extends.",
        examples=["CONTACTS_LIST"],
    ),
    "pet_name": setting(
        "string",
        "Profile extension table",
        "Name of the profile extension table, for destination pet; {stream} stands for the stream.",
        examples=["LOYALTY"],
    ),
    "match_columns": setting(
        "array",
        "Match columns",
        "Of destinations list and pet: one or two columns that people are recognised by, out of RIID_, "
        "CUSTOMER_ID_, EMAIL_ADDRESS_, MOBILE_NUMBER_, EMAIL_MD5_HASH_ and EMAIL_SHA256_HASH_.",
        items={"type": "string"},
        minItems=1,
        maxItems=2,
        examples=[["CUSTOMER_ID_"]],
    ),
    "match_operator": setting(
        "string",
        "Match operator",
        "Of destination list: NONE for one match column, AND when two have to agree. It follows from "
        "match_columns when not set.",
        enum=["NONE", "AND", None],
    ),
    "default_permission_status": setting(
        "string",
        "Default permission status",
        "Of destination list, and needed there: the permission status that Responsys gives to people of the "
        "run for whom no permission column is sent. By its reference that is everybody in the call, not only "
        "who is new to the list. OPTIN only for people who have agreed, else OPTOUT.",
        enum=[*PERMISSION_STATUSES, None],
    ),
    "allow_permission_columns": setting(
        "boolean",
        "Send permission columns",
        "Of destination list: send those permission columns, such as EMAIL_PERMISSION_STATUS_, that "
        "tables.<stream>.columns names. Otherwise none is ever sent.",
        default=False,
    ),
    "count_status_changes": setting(
        "boolean",
        "Count status changes",
        "Of destination list: read the permission statuses of the people of each merge call before it and "
        "after it, and count in the receipt what has changed. The API user has to be allowed to read the "
        "list. It costs two calls for each merge call, of a function that Oracle's sample limits to 100 a "
        "minute: 10,000 people a minute are the most then.",
        default=True,
    ),
    "optin_value": setting(
        "string", "Opt-in value", "What a permission column holds for those who have agreed.", default="I"
    ),
    "optout_value": setting(
        "string", "Opt-out value", "What a permission column holds for those who have not.", default="O"
    ),
    "reject_record_if_channel_empty": setting(
        "string",
        "Refuse records without channel",
        "Of destination list: have records refused that lack the address of a channel: E e-mail, M mobile, "
        "P postal, several separated by commas.",
        pattern="^[EMP](,[EMP])*$",
        examples=["E", "E,M"],
    ),
    "map_template_name": setting(
        "string",
        "Map template",
        "Name of the field mapping template that Responsys applies to records. For destination list it goes "
        "only with allow_permission_columns, since nobody here sees what the template maps.",
    ),
    "insert_on_no_match": setting(
        "boolean",
        "Insert on no match",
        "Of delivery api: whether records that match no row are inserted.",
        default=True,
    ),
    "update_on_match": setting(
        "string",
        "Update on match",
        "Of delivery api: REPLACE_ALL overwrites the columns sent of a row that is there already, NO_UPDATE "
        "leaves it alone. It follows from load_method when not set.",
        enum=["REPLACE_ALL", "NO_UPDATE", None],
    ),
}
