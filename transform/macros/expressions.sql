{# The part of an address behind its @, in lower case; null where there is none. #}
{% macro email_domain(email) -%}
    nullif(lower(split_part({{ email }}, '@', 2)), '')
{%- endmacro %}

{# A share from 0 to 1 as a double, the same to the last bit on every database; null of nothing. #}
{% macro rate(part, whole) -%}
    cast({{ part }} as double precision) / nullif({{ whole }}, 0)
{%- endmacro %}

{# Whole seconds from one timestamp to another. #}
{% macro seconds_between(start, finish) -%}
    cast(floor(extract(epoch from ({{ finish }} - {{ start }}))) as bigint)
{%- endmacro %}

{# The moment that "the last days" count back from. #}
{% macro as_of() -%}
    {%- if var("responsys_as_of", none) -%}
        cast('{{ var("responsys_as_of") }}' as timestamp)
    {%- else -%}
        (select max(event_at) from {{ ref("int_responsys__events") }})
    {%- endif -%}
{%- endmacro %}
