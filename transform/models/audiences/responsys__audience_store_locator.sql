{{ config(alias="store_locator", schema=var("responsys_audience_schema", "audiences")) }}

-- Store locator, for the master audience: may be mailed, and has clicked in the last days.

select
    customer_id,
    max(email) as email_address,
    cast(count(*) as bigint) as clicks,
    max(clicked_at) as last_click_at
from {{ ref("int_responsys__recent_clicks") }}
group by customer_id
