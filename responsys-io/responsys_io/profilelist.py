"""The system fields of a profile list, as Export Data jobs and the REST API name them.

Source: Oracle, Responsys user guide, List_SystemFields.htm. Which of them a list has depends on the
account's features; custom fields come beside them and must not end in an underscore.
"""

from __future__ import annotations

from responsys_io.feeds import Column

SYSTEM_FIELDS: tuple[Column, ...] = (
    Column("RIID_", "integer", "Recipient id, the stable key of the list"),
    Column("CREATED_SOURCE_IP_", "text", "Source address at creation"),
    Column("CUSTOMER_ID_", "text", "The client's own key"),
    Column("EMAIL_ADDRESS_", "text", "E-mail address"),
    Column("EMAIL_DOMAIN_", "text", "Domain of the e-mail address"),
    Column("EMAIL_ISP_", "text", "Mail provider of the e-mail address"),
    Column(
        "EMAIL_FORMAT_", "text", "Preferred format: H HTML, T text, U unknown, N no preference, M multipart"
    ),
    Column("EMAIL_PERMISSION_STATUS_", "text", "I opted in, O opted out"),
    Column("EMAIL_DELIVERABILITY_STATUS_", "text", "D deliverable, U undeliverable"),
    Column("EMAIL_PERMISSION_REASON_", "text", "Reason of the e-mail permission status"),
    Column("EMAIL_MD5_HASH_", "text", "MD5 hash of the normalised e-mail address"),
    Column("EMAIL_SHA256_HASH_", "text", "SHA-256 hash of the normalised e-mail address"),
    Column("MOBILE_NUMBER_", "text", "Mobile number"),
    Column("MOBILE_COUNTRY_", "text", "Country of the mobile number"),
    Column("MOBILE_PERMISSION_STATUS_", "text", "I opted in, O opted out"),
    Column("MOBILE_DELIVERABILITY_STATUS_", "text", "D deliverable, U undeliverable"),
    Column("MOBILE_PERMISSION_REASON_", "text", "Reason of the mobile permission status"),
    Column("POSTAL_STREET_1_", "text", "Postal address, first line"),
    Column("POSTAL_STREET_2_", "text", "Postal address, second line"),
    Column("CITY_", "text", "Postal address, city"),
    Column("STATE_", "text", "Postal address, state"),
    Column("POSTAL_CODE_", "text", "Postal address, code"),
    Column("COUNTRY_", "text", "Postal address, country"),
    Column("POSTAL_PERMISSION_STATUS_", "text", "I opted in, O opted out"),
    Column("POSTAL_DELIVERABILITY_STATUS_", "text", "D deliverable, U undeliverable"),
    Column("POSTAL_PERMISSION_REASON_", "text", "Reason of the postal permission status"),
    Column("CREATED_DATE_", "timestamp", "When the contact was created"),
    Column("MODIFIED_DATE_", "timestamp", "When the contact was last modified"),
)
