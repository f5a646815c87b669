-- All events in one shape. An event belongs to the last message that its launch had sent to its recipient by then:
-- message_number counts those messages, and is null where nothing was sent or the recipient is not known.

with events as (
    {{ responsys.shared_event("sent", "emailSend", {"email": "email"}) }}
    union all
    {{ responsys.shared_event("open", "emailOpen") }}
    union all
    {{ responsys.shared_event("click", "emailClick", {
        "offer_name": "offer_name", "offer_category": "offer_category", "offer_url": "offer_url"
    }) }}
    union all
    {{ responsys.shared_event("bounce", "emailBounce", {
        "event_subtype": "case bounce_type when 'H' then 'hard' when 'S' then 'soft' end",
        "email": "email",
        "reason": "reason",
    }) }}
    union all
    {{ responsys.shared_event("opt_in", "emailSubscribe", {
        "email": "email", "reason": "reason", "source": "source"
    }) }}
    union all
    {{ responsys.shared_event("opt_out", "emailUnsubscribe", {
        "email": "email", "reason": "reason", "source": "source"
    }) }}
),

-- In one second the message comes before what it brought about.
numbered as (
    select
        *,
        sum(case when feed = 'sent' and is_counted then 1 else 0 end) over (
            partition by launch_id, riid
            order by
                event_at,
                case when feed = 'sent' then 0 else 1 end,
                case when is_counted then 0 else 1 end,
                source_file,
                source_line
            rows between unbounded preceding and current row
        ) as messages_before,
        sum(case when feed = 'sent' and is_counted then 1 else 0 end) over (partition by launch_id, riid) as messages
    from events
)

select
    numbered.event_key,
    numbered.feed,
    numbered.event_type,
    numbered.event_subtype,
    numbered.email,
    numbered.offer_name,
    numbered.offer_category,
    numbered.offer_url,
    numbered.reason,
    numbered.source,
    numbered.account_id,
    numbered.list_id,
    numbered.riid,
    numbered.customer_id,
    coalesce(nullif(numbered.campaign_id, -1), launches.campaign_id, -1) as campaign_id,
    numbered.launch_id,
    numbered.event_at,
    numbered.stored_at,
    numbered.is_duplicate,
    numbered.is_counted,
    -- Clocks differ: what came before the first message belongs to the first.
    case
        when numbered.messages > 0 and numbered.riid > 0 and numbered.launch_id > 0
            then cast(greatest(numbered.messages_before, 1) as bigint)
    end as message_number,
    numbered.source_file,
    numbered.source_line
from numbered
left join {{ ref("int_responsys__launches") }} as launches on numbered.launch_id = launches.launch_id
