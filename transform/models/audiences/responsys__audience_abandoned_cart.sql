{{ config(alias="abandoned_cart", schema=var("responsys_audience_schema", "audiences")) }}

-- Abandoned cart: what lies in the shop's carts, has not been ordered and has rested for a while; several products for
-- each person.

with items as (
    {{ responsys.source_columns(source("shop", "cart_items"), [
        ("customer_id", "customer_id", "text"),
        ("sku", "sku", "text"),
        ("product_name", "product_name", "text"),
        ("price", "price", "number"),
        ("image_url", "image_url", "text"),
        ("added_at", "added_at", "timestamp"),
        ("ordered_at", "ordered_at", "timestamp"),
    ]) }}
),

-- A shop moves on while the events of the day are still to come: its own last movement counts, too.
clock as (
    select greatest({{ responsys.as_of() }}{{
        "" if var("responsys_as_of", none) else ", max(added_at), max(ordered_at)"
    }}) as moment
    from items
),

people as (
    select
        customer_id,
        max(email) as email_address
    from {{ ref("stg_responsys__contact") }}
    where is_mailable and customer_id is not null
    group by customer_id
),

abandoned as (
    select
        *,
        row_number() over (partition by customer_id, sku order by added_at desc, product_name, price) as age
    from items
    cross join clock
    where
        ordered_at is null
        and sku is not null
        and added_at <= clock.moment - interval '{{ var("responsys_cart_rest_minutes", 60) }} minutes'
        and added_at > clock.moment - interval '{{ var("responsys_audience_days", 7) }} days'
)

select
    abandoned.customer_id,
    abandoned.sku,
    people.email_address,
    abandoned.product_name,
    abandoned.price,
    abandoned.image_url
from abandoned
inner join people on abandoned.customer_id = people.customer_id
where abandoned.age = 1
