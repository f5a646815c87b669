-- Every row of the event feeds once, with the message, launch, campaign and contact that it belongs to.

select
    events.event_key,
    events.feed,
    events.event_type,
    events.event_subtype,
    events.event_at,
    cast(events.event_at as date) as event_on,
    events.stored_at,
    {{ responsys.seconds_between("events.event_at", "events.stored_at") }} as stored_after_seconds,
    coalesce(
        events.stored_at >= events.event_at + interval '{{ var("responsys_late_after_hours", 24) }} hours', false
    ) as is_late,
    events.is_duplicate,
    events.is_counted,
    events.riid,
    coalesce(events.customer_id, contacts.customer_id) as customer_id,
    coalesce(events.email, messages.email, contacts.email) as email,
    coalesce(
        nullif(messages.email_domain, 'unknown'),
        {{ responsys.email_domain("events.email") }},
        contacts.email_domain,
        'unknown'
    ) as email_domain,
    contacts.subscription_status,
    events.campaign_id,
    launches.campaign_name,
    events.launch_id,
    launches.launch_name,
    launches.subject,
    messages.message_key,
    messages.sent_at,
    messages.sent_on,
    case when events.feed <> 'sent' then {{ responsys.seconds_between("messages.sent_at", "events.event_at") }} end
        as seconds_after_send,
    events.offer_name,
    events.offer_category,
    events.offer_url,
    events.reason,
    events.source,
    events.account_id,
    events.list_id,
    events.source_file,
    events.source_line
from {{ ref("int_responsys__events") }} as events
left join {{ ref("int_responsys__messages") }} as messages
    on events.launch_id = messages.launch_id
    and events.riid = messages.riid
    and events.message_number = messages.message_number
left join {{ ref("int_responsys__launches") }} as launches on events.launch_id = launches.launch_id
left join {{ ref("stg_responsys__contact") }} as contacts on events.riid = contacts.riid
