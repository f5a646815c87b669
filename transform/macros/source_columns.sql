{#
    Select columns of a loaded table under the names and types of this package.

    columns: (name in the exports, name here, type) each; type is text, integer or timestamp.

    Loaders differ in how they write names, and accounts in what they export: columns are found whatever their case,
    and a column or table that is missing gives nulls or no rows. Timestamps come out in UTC without a zone.
#}
{% macro source_columns(relation, columns) %}
    {%- set existing = {} -%}
    {%- set table = none -%}
    {%- if execute -%}
        {%- set table = adapter.get_relation(relation.database, relation.schema, relation.identifier) -%}
        {%- if table is none -%}
            {%- do log("There is no table " ~ relation ~ ": it counts as empty.", info=true) -%}
        {%- else -%}
            {%- for column in adapter.get_columns_in_relation(table) -%}
                {%- do existing.update({column.name | lower: column}) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
    select
    {%- for source_name, name, type in columns %}
        {%- set column = existing.get(source_name | lower) %}
        {{ responsys.source_value(column, type) }} as {{ name }}{{ "," if not loop.last }}
    {%- endfor %}
    {%- if table is not none %}
    from {{ relation }}
    {%- else %}
    where false
    {%- endif -%}
{% endmacro %}

{% macro source_value(column, type) -%}
    {%- if column is none -%}
        cast(null as {{ responsys.type_name(type) }})
    {%- elif type == "timestamp" -%}
        {{ responsys.utc_timestamp(adapter.quote(column.name), column.data_type | lower) }}
    {%- elif type == "text" -%}
        nullif(cast({{ adapter.quote(column.name) }} as text), '')
    {%- else -%}
        cast({{ adapter.quote(column.name) }} as {{ responsys.type_name(type) }})
    {%- endif -%}
{%- endmacro %}

{% macro type_name(type) -%}
    {{ {"integer": "bigint", "number": "numeric(18, 2)"}.get(type, type) }}
{%- endmacro %}

{# What a column says in UTC, without a zone. Times without a zone are in UTC already: the session's zone never counts. #}
{% macro utc_timestamp(expression, data_type) -%}
    {%- if "with time zone" in data_type or data_type == "timestamptz" -%}
        {{ expression }} at time zone 'UTC'
    {%- elif "timestamp" in data_type or data_type == "date" -%}
        cast({{ expression }} as timestamp)
    {%- else -%}
        {#- A date has two hyphens: a third one is the sign of an offset. #}
        cast(
            nullif({{ expression }}, '') || case
                when
                    {{ expression }} like '%Z'
                    or {{ expression }} like '%+%'
                    or length({{ expression }}) - length(replace({{ expression }}, '-', '')) > 2
                    then ''
                else 'Z'
            end as timestamp with time zone
        ) at time zone 'UTC'
    {%- endif -%}
{%- endmacro %}
