-- One row per launch out of the rows that its states have left: the newest words, the outermost times.

with states as (
    select
        *,
        row_number() over (
            partition by launch_id
            order by captured_at desc nulls last, completed_at desc nulls last, source_file desc, source_line desc
        ) as age
    from {{ ref("stg_responsys__launch_state") }}
    where launch_id > 0
),

times as (
    select
        launch_id,
        min(started_at) as started_at,
        max(completed_at) as completed_at,
        min(captured_at) as first_state_at,
        max(captured_at) as last_state_at
    from states
    group by launch_id
)

select
    states.launch_id,
    coalesce(states.campaign_id, -1) as campaign_id,
    states.campaign_name,
    states.launch_name,
    states.subject,
    states.launch_status,
    states.launch_type,
    states.purpose,
    states.external_campaign_id,
    states.marketing_strategy,
    states.marketing_program,
    times.started_at,
    times.completed_at,
    times.first_state_at,
    times.last_state_at
from states
inner join times on states.launch_id = times.launch_id
where states.age = 1
