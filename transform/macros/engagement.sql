{#
    Counts and rates of messages and events per group.

    columns: those of events and messages that make the groups. Figures of messages are those of the messages of the
    group, whenever they were opened; totals are the events of the group themselves.

    by_day: `day` is the day on which a message was sent, or an event happened.
#}
{% macro engagement(columns, by_day=false) %}
    {%- set groups = columns + (["day"] if by_day else []) -%}
    {%- set group_list = groups | join(", ") -%}
with measured as (
    select
        {{ columns | join(", ") ~ "," if columns }}
        {{ "sent_on as day," if by_day }}
        message_key,
        riid as recipient,
        is_opened,
        is_clicked,
        is_bounced,
        is_hard_bounced,
        is_soft_bounced,
        is_unsubscribed,
        cast(null as text) as feed,
        false as is_counted,
        false as is_duplicate,
        false as is_unlinked
    from {{ ref("int_responsys__messages") }}
    union all
    select
        {{ columns | join(", ") ~ "," if columns }}
        {{ "event_on as day," if by_day }}
        null,
        null,
        false,
        false,
        false,
        false,
        false,
        false,
        feed,
        is_counted,
        is_duplicate,
        is_counted and feed in ('open', 'click', 'bounce') and message_key is null
    from {{ ref("responsys__events_enhanced") }}
),

counted as (
    select
        {{ group_list }},
        count(message_key) as sends,
        count(distinct case when message_key is not null then recipient end) as recipients,
        count(*) filter (where is_bounced) as bounces,
        count(*) filter (where is_hard_bounced) as hard_bounces,
        count(*) filter (where is_soft_bounced) as soft_bounces,
        count(message_key) - count(*) filter (where is_bounced) as delivered,
        count(*) filter (where is_opened) as unique_opens,
        count(*) filter (where is_clicked) as unique_clicks,
        count(*) filter (where is_unsubscribed) as unique_unsubscribes,
        {%- for feed in ["bounce", "open", "click", "opt_out", "opt_in"] %}
        count(*) filter (where feed = '{{ feed }}' and is_counted) as total_{{
            {"opt_out": "unsubscribes", "opt_in": "subscribes"}.get(feed, feed ~ "s")
        }},
        {%- endfor %}
        count(*) filter (where is_unlinked) as unlinked_events,
        {%- for feed in ["sent", "open", "click", "bounce"] %}
        count(*) filter (where feed = '{{ feed }}') as {{ feed }}_rows,
        {%- endfor %}
        count(*) filter (where is_duplicate) as duplicate_rows
    from measured
    group by {{ group_list }}
)

select
    *,
    {{ responsys.rate("delivered", "sends") }} as delivery_rate,
    {{ responsys.rate("bounces", "sends") }} as bounce_rate,
    {{ responsys.rate("hard_bounces", "sends") }} as hard_bounce_rate,
    {{ responsys.rate("soft_bounces", "sends") }} as soft_bounce_rate,
    {{ responsys.rate("unique_opens", "delivered") }} as open_rate,
    {{ responsys.rate("unique_clicks", "delivered") }} as click_rate,
    {{ responsys.rate("unique_clicks", "unique_opens") }} as click_to_open_rate,
    {{ responsys.rate("unique_unsubscribes", "delivered") }} as unsubscribe_rate
from counted
{% endmacro %}

{# The counts and rates of macro engagement, selected after an outer join: counts of nothing are 0. #}
{% macro engagement_columns(relation, without=[]) -%}
    {%- for name in [
        "sends", "recipients", "delivered", "bounces", "hard_bounces", "soft_bounces", "unique_opens", "unique_clicks",
        "unique_unsubscribes", "total_bounces", "total_opens", "total_clicks", "total_unsubscribes",
        "total_subscribes", "unlinked_events", "sent_rows", "open_rows", "click_rows", "bounce_rows", "duplicate_rows",
    ] if name not in without %}
    coalesce({{ relation }}.{{ name }}, 0) as {{ name }},
    {%- endfor %}
    {%- for name in ["delivery", "bounce", "hard_bounce", "soft_bounce", "open", "click", "click_to_open", "unsubscribe"] %}
    {{ relation }}.{{ name }}_rate{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}
