-- One row per contact and period in which the e-mail subscription did not change.
-- What is known: the opt-ins and opt-outs, and the status in the list as of the contact's last change. A contact without
-- such events has had its status since it was created, as far as anybody can tell.

with events as (
    select
        riid,
        case feed when 'opt_in' then 'subscribed' else 'unsubscribed' end as status,
        event_at as since,
        feed as known_from,
        source,
        reason,
        campaign_id,
        event_key as evidence_key
    from {{ ref("int_responsys__events") }}
    where feed in ('opt_in', 'opt_out') and riid > 0 and not is_duplicate
),

observed as (
    select * from events
    union all
    select
        riid,
        subscription_status,
        case
            when riid in (select riid from events) then coalesce(modified_at, created_at)
            else coalesce(created_at, modified_at)
        end,
        'contact',
        cast(null as text),
        email_permission_reason,
        cast(null as bigint),
        cast(null as text)
    from {{ ref("stg_responsys__contact") }}
    where subscription_status is not null
),

-- In one second an event says more than the list, and of two events the withdrawal counts.
ordered as (
    select
        *,
        lag(status) over (
            partition by riid
            order by
                since nulls first,
                case known_from when 'opt_in' then 0 when 'opt_out' then 1 else 2 end,
                evidence_key
        ) as status_before,
        row_number() over (
            partition by riid
            order by
                since nulls first,
                case known_from when 'opt_in' then 0 when 'opt_out' then 1 else 2 end,
                evidence_key
        ) as observation
    from observed
),

periods as (
    select
        *,
        row_number() over (partition by riid order by observation) as period,
        lead(since) over (partition by riid order by observation) as until
    from ordered
    where status_before is null or status <> status_before
)

select
    md5(cast(riid as text) || ':' || cast(period as text)) as period_key,
    riid,
    period,
    status,
    since as valid_from,
    until as valid_to,
    until is null as is_current,
    known_from,
    source,
    reason,
    campaign_id
from periods
