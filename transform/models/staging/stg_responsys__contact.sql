{% set columns = [
    ("RIID_", "riid", "integer"),
    ("CUSTOMER_ID_", "customer_id", "text"),
    ("EMAIL_ADDRESS_", "email", "text"),
    ("EMAIL_DOMAIN_", "exported_email_domain", "text"),
    ("EMAIL_ISP_", "email_isp", "text"),
    ("EMAIL_FORMAT_", "email_format", "text"),
    ("EMAIL_PERMISSION_STATUS_", "email_permission_status", "text"),
    ("EMAIL_PERMISSION_REASON_", "email_permission_reason", "text"),
    ("EMAIL_DELIVERABILITY_STATUS_", "email_deliverability_status", "text"),
    ("MOBILE_NUMBER_", "mobile_number", "text"),
    ("MOBILE_PERMISSION_STATUS_", "mobile_permission_status", "text"),
    ("CITY_", "city", "text"),
    ("STATE_", "state", "text"),
    ("POSTAL_CODE_", "postal_code", "text"),
    ("COUNTRY_", "country", "text"),
    ("CREATED_DATE_", "created_at", "timestamp"),
    ("MODIFIED_DATE_", "modified_at", "timestamp"),
    ("_sdc_deleted_at", "deleted_at", "timestamp"),
] %}
{% set extra_columns = responsys.extra_columns("contact") %}

with loaded as (
    {{ responsys.source_columns(
        source("responsys", "contacts"), columns + extra_columns + responsys.bookkeeping_columns()
    ) }}
),

-- A loader that merges by key keeps the newest row of a contact; one that appends keeps them all.
numbered as (
    select
        *,
        row_number() over (
            partition by riid
            order by
                modified_at desc nulls last,
                file_modified_at desc nulls last,
                source_file desc,
                source_line desc
        ) as age
    from loaded
    where riid is not null
)

select
    riid,
    customer_id,
    email,
    coalesce(lower(exported_email_domain), {{ responsys.email_domain("email") }}) as email_domain,
    email_isp,
    email_format,
    email_permission_status,
    email_permission_reason,
    email_deliverability_status,
    case email_permission_status when 'I' then 'subscribed' when 'O' then 'unsubscribed' end as subscription_status,
    mobile_number,
    mobile_permission_status,
    city,
    state,
    postal_code,
    country,
    created_at,
    modified_at,
    deleted_at,
    deleted_at is not null as is_deleted,
    coalesce(email_permission_status = 'I', false)
    and coalesce(email_deliverability_status, 'D') <> 'U'
    and email is not null
    and deleted_at is null as is_mailable,
    {% for _, name, _ in extra_columns -%}
    {{ name }},
    {% endfor -%}
    source_file,
    source_line
from numbered
where age = 1
