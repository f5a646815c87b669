-- One row per message sent, with what became of it, whenever that arrived.

with messages as (
    select * from {{ ref("int_responsys__events") }}
    where feed = 'sent' and is_counted
),

outcomes as (
    select
        launch_id,
        riid,
        message_number,
        count(*) filter (where feed = 'open') as opens,
        count(*) filter (where feed = 'click') as clicks,
        count(*) filter (where feed = 'bounce') as bounces,
        count(*) filter (where event_subtype = 'hard') as hard_bounces,
        count(*) filter (where event_subtype = 'soft') as soft_bounces,
        count(*) filter (where feed = 'opt_out') as unsubscribes,
        min(event_at) filter (where feed = 'open') as first_opened_at,
        min(event_at) filter (where feed = 'click') as first_clicked_at
    from {{ ref("int_responsys__events") }}
    where feed <> 'sent' and is_counted and message_number is not null
    group by launch_id, riid, message_number
)

select
    messages.event_key as message_key,
    messages.launch_id,
    messages.campaign_id,
    messages.riid,
    messages.message_number,
    messages.event_at as sent_at,
    cast(messages.event_at as date) as sent_on,
    messages.email,
    coalesce({{ responsys.email_domain("messages.email") }}, contacts.email_domain, 'unknown') as email_domain,
    coalesce(outcomes.opens, 0) as opens,
    coalesce(outcomes.clicks, 0) as clicks,
    coalesce(outcomes.bounces, 0) as bounces,
    coalesce(outcomes.opens, 0) > 0 as is_opened,
    coalesce(outcomes.clicks, 0) > 0 as is_clicked,
    coalesce(outcomes.bounces, 0) > 0 as is_bounced,
    coalesce(outcomes.hard_bounces, 0) > 0 as is_hard_bounced,
    coalesce(outcomes.soft_bounces, 0) > 0 and coalesce(outcomes.hard_bounces, 0) = 0 as is_soft_bounced,
    coalesce(outcomes.unsubscribes, 0) > 0 as is_unsubscribed,
    outcomes.first_opened_at,
    outcomes.first_clicked_at
from messages
left join outcomes
    on messages.launch_id = outcomes.launch_id
    and messages.riid = outcomes.riid
    and messages.message_number = outcomes.message_number
left join {{ ref("stg_responsys__contact") }} as contacts on messages.riid = contacts.riid
