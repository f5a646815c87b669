{{ config(materialized="ephemeral") }}

-- Clicks of the last days by contacts that mail may go to and that the shop knows.

select
    contacts.customer_id,
    contacts.email,
    events.event_at as clicked_at,
    events.offer_name
from {{ ref("int_responsys__events") }} as events
inner join {{ ref("stg_responsys__contact") }} as contacts on events.riid = contacts.riid
where
    events.feed = 'click'
    and events.is_counted
    and contacts.is_mailable
    and contacts.customer_id is not null
    and events.event_at > {{ responsys.as_of() }} - interval '{{ var("responsys_audience_days", 7) }} days'
