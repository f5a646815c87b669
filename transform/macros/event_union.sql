{#
    A staging model's rows in the columns that all events share.

    details: what the shared columns hold that this feed has, by column; the others are null.
    Unknown recipients, campaigns and launches are -1 in some rows and empty in others: here they are -1.
#}
{% macro shared_event(feed, event_type, details={}) %}
select
    event_key,
    '{{ feed }}' as feed,
    '{{ event_type }}' as event_type,
    {% for name in ["event_subtype", "email", "offer_name", "offer_category", "offer_url", "reason", "source"] -%}
    cast({{ details.get(name, "null") }} as text) as {{ name }},
    {% endfor -%}
    account_id,
    list_id,
    coalesce(riid, -1) as riid,
    customer_id,
    coalesce(campaign_id, -1) as campaign_id,
    coalesce(launch_id, -1) as launch_id,
    coalesce(captured_at, stored_at, file_modified_at) as event_at,
    stored_at,
    is_duplicate,
    {{ "true" if var("responsys_count_duplicates", false) else "not is_duplicate" }} as is_counted,
    source_file,
    source_line
from {{ ref("stg_responsys__" ~ feed) }}
{% endmacro %}
