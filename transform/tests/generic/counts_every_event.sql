{# Fails where a model of engagement figures does not add up to the rows of the event feeds, each counted once. #}
{% test counts_every_event(model) %}
with figures as (
    select
        coalesce(sum(sent_rows), 0) as sent_rows,
        coalesce(sum(open_rows), 0) as open_rows,
        coalesce(sum(click_rows), 0) as click_rows,
        coalesce(sum(bounce_rows), 0) as bounce_rows,
        coalesce(sum(sends), 0) as sends,
        coalesce(sum(total_opens), 0) as opens,
        coalesce(sum(total_clicks), 0) as clicks,
        coalesce(sum(total_bounces), 0) as bounces
    from {{ model }}
),

events as (
    select
        {%- for feed in ["sent", "open", "click", "bounce"] %}
        (select count(*) from {{ ref("stg_responsys__" ~ feed) }}) as {{ feed }}_rows,
        {%- endfor %}
        count(*) filter (where feed = 'sent' and is_counted) as sends,
        count(*) filter (where feed = 'open' and is_counted) as opens,
        count(*) filter (where feed = 'click' and is_counted) as clicks,
        count(*) filter (where feed = 'bounce' and is_counted) as bounces
    from {{ ref("int_responsys__events") }}
)

select figures.*
from figures
cross join events
where
    {%- for name in ["sent_rows", "open_rows", "click_rows", "bounce_rows", "sends", "opens", "clicks", "bounces"] %}
    {{ "or " if not loop.first }}figures.{{ name }} <> events.{{ name }}
    {%- endfor %}
{% endtest %}
