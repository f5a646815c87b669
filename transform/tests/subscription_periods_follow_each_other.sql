-- A period begins where the one before it ends, with another status, and the last one is the current one.

with periods as (
    select
        *,
        lead(valid_from) over (partition by riid order by period) as next_from,
        lead(status) over (partition by riid order by period) as next_status
    from {{ ref("responsys__subscription_history") }}
)

select *
from periods
where
    valid_to < valid_from
    or status = next_status
    or coalesce(valid_to <> next_from, false)
    or is_current <> (next_status is null)
