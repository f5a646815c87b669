{{ config(alias="abandoned_browse", schema=var("responsys_audience_schema", "audiences")) }}

-- Abandoned browse: what somebody has looked at last.

with numbered as (
    select
        *,
        row_number() over (partition by customer_id order by clicked_at desc, offer_name, email) as age
    from {{ ref("int_responsys__recent_clicks") }}
    where offer_name is not null
)

select
    customer_id,
    email as email_address,
    offer_name,
    clicked_at as browsed_at
from numbered
where age = 1
