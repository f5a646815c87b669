-- One row per contact of the list, and per recipient that only events know.

with engagement as (
    {{ responsys.engagement(["riid"]) }}
),

recent as (
    select
        riid,
        max(event_at) filter (where feed = 'sent') as last_sent_at,
        max(event_at) filter (where feed = 'open') as last_opened_at,
        max(event_at) filter (where feed = 'click') as last_clicked_at,
        max(event_at) filter (where feed = 'bounce') as last_bounced_at
        {%- for days in [30, 90] %}
        {%- for feed, name in [("sent", "sends"), ("open", "opens"), ("click", "clicks")] %},
        count(*) filter (
            where feed = '{{ feed }}' and event_at > {{ responsys.as_of() }} - interval '{{ days }} days'
        ) as {{ name }}_last_{{ days }}_days
        {%- endfor %}
        {%- endfor %}
    from {{ ref("int_responsys__events") }}
    where is_counted
    group by riid
)

select
    coalesce(contacts.riid, engagement.riid) as riid,
    contacts.riid is not null as is_in_list,
    contacts.customer_id,
    contacts.email,
    contacts.email_domain,
    contacts.subscription_status,
    coalesce(contacts.is_mailable, false) as is_mailable,
    coalesce(contacts.is_deleted, false) as is_deleted,
    {{ responsys.engagement_columns("engagement", ["recipients"]) }},
    recent.last_sent_at,
    recent.last_opened_at,
    recent.last_clicked_at,
    recent.last_bounced_at
    {%- for days in [30, 90] %}
    {%- for name in ["sends", "opens", "clicks"] %},
    coalesce(recent.{{ name }}_last_{{ days }}_days, 0) as {{ name }}_last_{{ days }}_days
    {%- endfor %}
    {%- endfor %}
from engagement
full outer join {{ ref("stg_responsys__contact") }} as contacts on engagement.riid = contacts.riid
left join recent on engagement.riid = recent.riid
