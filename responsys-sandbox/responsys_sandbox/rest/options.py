"""What can be chosen about the REST API: the account, its limits, and every point the sources leave open."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from responsys_sandbox.campaigns import CAMPAIGNS, Campaign
from responsys_sandbox.programs import PROGRAMS, Program

if TYPE_CHECKING:
    from responsys_sandbox.apicertificates import ApiCertificates

TokenError = Literal["TOKEN_EXPIRED", "INVALID_TOKEN", "UNEXPECTED_EXCEPTION"]
Reply = Literal["echo", "fail"]


def _fresh_password() -> str:
    """Make a password with the characters that careless clients forget to percent-encode."""
    return secrets.token_urlsafe(12) + "&+%="


@dataclass(slots=True, kw_only=True)
class RestOptions:
    """The options of `RestApi`; they may be changed while it runs.

    The defaults are what the documentation or recorded traffic says; where sources disagree or are silent
    ("UNCERTAIN" in rest-api.md) the default is the reading that asks more of a client, unless a public client
    that works with the service could not work then.

    Attributes:
        user_name: the API user.
        password: the API user's password.
        certificates: keys of the API user's log-in by certificate; None where it is not set up.
        url_safe_base64: challenges are answered in the alphabet of URLs, without padding.
        folders: folders made at start.
        account_time_zone: IANA name, as `GET /user/info` tells it.
        campaigns: what the account sends, by campaign type.
        programs: the account's programs.
        emd: the account has the Email Message Designer; otherwise it lists no e-mail campaigns.
        refused_campaign_types: types whose channel the account does not have.

        limits: requests per minute by function, over the built-in numbers.
        limit_status: status of `API_LIMIT_EXCEEDED`: error table 400, status FAQ 401, a client's fixture 429.
        limit_as_text: answer `API_LIMIT_EXCEEDED` in plain text, not JSON.
        limit_as_number_text: `/ratelimit` gives `limit` as text.
        limits_by_action: a deletion or a read by `?action=` is listed and counted by itself; otherwise it
            counts as a call of the path and verb, and only these are listed.
        limits_in_items: `/ratelimit` wraps its array in `items`.
        capacity: requests per ten minutes over all functions; None for no such limit.
        capacity_status: status of `INTERNAL_CAPACITY_LIMIT_EXCEEDED`.
        blocked: functions that answer `API_BLOCKED`.

        token_life: seconds a token lives.
        expired_token: how an expired token is refused.
        refresh_on_login_host: the login host renews tokens too, as recorded in 2018; later traffic goes to
            the API host.
        credentials_in_url: a log-in may stand in the query, which Oracle forbids and a public client does.
        older_versions: v1 and v1.1 are answered too, as public clients call them.
        wrong_passwords: refused log-ins before the user is locked.
        global_routing: one host for log-in and API, as newer accounts have it.
        ports: TCP ports of log-in host and API host, so that a sandbox that was killed comes back where it
            was; 0 for a free one.

        body_limit: bytes; above it the connection is dropped without an answer.
        columns_key: property with the columns in a create body (Swagger says `records`).
        upper_case_columns: created columns get upper-case names.
        refuse_reserved_words: creating a column with a reserved name is refused.
        table_limit: supplemental tables per account.
        envelope: campaigns, schedules and programs come below their name as in the reference's samples,
            below `items` as in Swagger, or as a bare array.
        page_links: such an envelope has `links` with the pages before and after.
        lists_in_items: lists come as Swagger's `{"items": [...]}` instead of a bare array.

        case_sensitive_fields: `fieldNames` must be spelt as in the table.
        text_values_only: a number or boolean among the values is refused.
        text_booleans: `insertOnNoMatch` may be the text "true" or "false".
        null_keeps: JSON null leaves the stored value, where `""` blanks it.
        width_in_bytes: text is measured in UTF-8 bytes.
        honour_zulu: a `...Z` time is moved to the account's zone; otherwise kept as written.
        missing_table: code for a merge into a missing table.
        too_many_records: code for a merge of more than 200 records.
        duplicate_key: a key given twice in a call: the last wins ("echo"), or later ones are refused.
        no_update_hit: a `NO_UPDATE` record that met a row is echoed or refused.
        no_insert_miss: an `insertOnNoMatch: false` record that met none is echoed or refused.
        one_match_column: a merge without a key takes one match column only, as SOAP did.
        record_not_found: code for a look-up that finds nothing.
        read_timestamp: strftime form in which times are read back.

        default_permission_on_update: a list merge's default permission status also becomes that of members
            who are there already, where a record gives none ("applied to all records"); else of new ones.
        bad_member_fails_call: a bad record of a list merge has the call refused, as with triggers.
        missing_extension: code for a profile extension table that is not there.
        identities_in_extensions: the fields of a new extension table may name columns that identify members,
            as a public client sends them; they stay the list's.
        merge_results: a merge into a list or extension answers with `recordData`, or as v1 did with an array
            of recipient ids and error messages.
        delete_answers: a deletion by attribute has a row for every member that is gone, or one for every id.
        delete_of_nobody: a deletion that finds none of its ids has a row for each of them, or is refused.
        orphaned_extension_rows: the rows in extension tables of a member that is deleted stay there, and are
            found by recipient id only; else they go with the member.
        case_sensitive_addresses: members are read and deleted by an e-mail address in its very letters.

        connect_disabled: the user may not use Connect.
        connect_status_in_object: a run's status is an object with `value`, else a plain text.
        connect_status_case: the letters that it comes in.
        connect_message_key: property with a run's message; the reference spells it with three r.
        connect_numbers_as_text: ids, counts and seconds of runs are texts.
        connect_refusals_as_results: a job that cannot be started is answered with `success` false.

        async_queued: seconds until a queued request is begun.
        async_running: seconds that it then takes.
        async_order: requests that are due are worked off as they were accepted, or the last one first: the
            reference promises no order.
        async_kept: seconds that its result is kept.
        async_queue_size: requests that may wait; None for no limit.
        async_disabled: the user may not use the asynchronous API.
        async_disabled_status: status of that refusal (the page on polling errors says 200).
        async_failed_status: the `status` of a request that was refused as a whole.
        async_poll_limit: ids that one GET may ask for.
        async_delete_path: `members/members` as Oracle prints it for supplemental tables, or `members`.
    """

    user_name: str = "cdp_api"
    password: str = field(default_factory=_fresh_password, repr=False)
    certificates: ApiCertificates | None = None
    url_safe_base64: bool = False
    folders: tuple[str, ...] = ("CDP",)
    account_time_zone: str = "America/Los_Angeles"
    campaigns: dict[str, tuple[Campaign, ...]] = field(default_factory=lambda: {"email": CAMPAIGNS})
    programs: tuple[Program, ...] = PROGRAMS
    emd: bool = True
    refused_campaign_types: frozenset[str] = frozenset()

    limits: dict[str, int] = field(default_factory=dict)
    limit_status: Literal[400, 401, 429] = 400
    limit_as_text: bool = False
    limit_as_number_text: bool = False
    limits_by_action: bool = True
    limits_in_items: bool = False
    capacity: int | None = None
    capacity_status: int = 400
    blocked: frozenset[str] = frozenset()

    token_life: float = 7200.0
    expired_token: TokenError = "TOKEN_EXPIRED"  # noqa: S105 - an error code, not a secret
    refresh_on_login_host: bool = True
    credentials_in_url: bool = True
    older_versions: bool = True
    wrong_passwords: int = 5
    global_routing: bool = False
    ports: tuple[int, int] = (0, 0)

    body_limit: int = 10 * 1024 * 1024
    columns_key: Literal["fields", "records"] = "fields"
    upper_case_columns: bool = True
    refuse_reserved_words: bool = True
    table_limit: int = 250
    envelope: Literal["named", "items", "bare"] = "named"
    page_links: bool = True
    lists_in_items: bool = False

    case_sensitive_fields: bool = True
    text_values_only: bool = True
    text_booleans: bool = False
    null_keeps: bool = False
    width_in_bytes: bool = False
    honour_zulu: bool = False
    missing_table: Literal["RESOURCE_NOT_FOUND", "TABLE_NOT_FOUND"] = "RESOURCE_NOT_FOUND"
    too_many_records: Literal["RECORD_LIMIT_EXCEEDED", "RECIPIENT_LIMIT_EXCEEDED"] = "RECORD_LIMIT_EXCEEDED"
    duplicate_key: Reply = "echo"
    no_update_hit: Reply = "echo"
    no_insert_miss: Reply = "echo"
    one_match_column: bool = False
    record_not_found: Literal["RECORD_NOT_FOUND", "RESOURCE_NOT_FOUND"] = "RECORD_NOT_FOUND"
    read_timestamp: str = "%Y-%m-%d %H:%M:%S"

    default_permission_on_update: bool = True
    bad_member_fails_call: bool = False
    missing_extension: Literal["PROFILE_EXTENSION_NOT_FOUND", "TABLE_NOT_FOUND"] = (
        "PROFILE_EXTENSION_NOT_FOUND"
    )
    identities_in_extensions: bool = True
    merge_results: Literal["records", "results"] = "records"
    delete_answers: Literal["members", "ids"] = "members"
    delete_of_nobody: Literal["rows", "error"] = "rows"
    orphaned_extension_rows: bool = False
    case_sensitive_addresses: bool = False

    connect_disabled: bool = False
    connect_status_in_object: bool = True
    connect_status_case: Literal["lower", "upper", "title"] = "lower"
    connect_message_key: Literal["errrorMessage", "errorMessage"] = "errrorMessage"
    connect_numbers_as_text: bool = False
    connect_refusals_as_results: bool = False

    async_queued: float = 1.0
    async_running: float = 1.0
    async_order: Literal["accepted", "reversed"] = "accepted"
    async_kept: float = 86_400.0
    async_queue_size: int | None = None
    async_disabled: bool = False
    async_disabled_status: Literal[200, 401] = 200
    async_failed_status: str = "FAILURE"
    async_poll_limit: int = 10
    async_delete_path: Literal["doubled", "single"] = "doubled"
