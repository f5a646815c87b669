-- One row per launch that has a state or an event; launch -1 gathers the events of no launch.

with engagement as (
    {{ responsys.engagement(["launch_id"]) }}
),

-- Launches that no state tells of: of before the first export, say.
campaigns as (
    select
        launch_id,
        case when launch_id > 0 then max(campaign_id) else -1 end as campaign_id
    from {{ ref("int_responsys__events") }}
    group by launch_id
)

select
    coalesce(launches.launch_id, engagement.launch_id) as launch_id,
    coalesce(nullif(launches.campaign_id, -1), campaigns.campaign_id, -1) as campaign_id,
    launches.campaign_name,
    launches.launch_name,
    launches.subject,
    launches.launch_status,
    launches.launch_type,
    launches.started_at,
    launches.completed_at,
    {{ responsys.engagement_columns("engagement") }}
from engagement
full outer join {{ ref("int_responsys__launches") }} as launches on engagement.launch_id = launches.launch_id
left join campaigns on engagement.launch_id = campaigns.launch_id
