-- One row per campaign of Responsys; campaign -1 gathers the events of none, such as changes by a service desk.

with engagement as (
    {{ responsys.engagement(["campaign_id"]) }}
),

named as (
    select
        *,
        count(*) over (partition by campaign_id) as launches,
        min(started_at) over (partition by campaign_id) as first_started_at,
        max(started_at) over (partition by campaign_id) as last_started_at,
        row_number() over (partition by campaign_id order by last_state_at desc nulls last, launch_id desc) as age
    from {{ ref("int_responsys__launches") }}
),

campaigns as (
    select * from named
    where age = 1
)

select
    coalesce(engagement.campaign_id, campaigns.campaign_id) as campaign_id,
    campaigns.campaign_name,
    campaigns.external_campaign_id,
    campaigns.marketing_strategy,
    campaigns.marketing_program,
    coalesce(campaigns.launches, 0) as launches,
    campaigns.first_started_at,
    campaigns.last_started_at,
    {{ responsys.engagement_columns("engagement") }}
from engagement
full outer join campaigns on engagement.campaign_id = campaigns.campaign_id
