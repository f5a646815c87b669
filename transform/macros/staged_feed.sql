{#
    A feed as a staging model: typed columns, one row per row of the exports.

    columns: (name in the exports, name here, type) of the columns beside those that every event feed has.

    Loaders that only append can hold a row several times after a crash: file and line tell. What stands twice in the
    exports themselves is kept, and marked by is_duplicate.
#}
{% macro staged_feed(stream, columns) %}
    {%- set exported = columns + responsys.extra_columns(stream) -%}
with loaded as (
    {{ responsys.source_columns(source("responsys", stream), exported + responsys.bookkeeping_columns()) }}
),

numbered as (
    select
        *,
        row_number() over (
            partition by source_file, source_line order by file_modified_at desc nulls last
        ) as reading
    from loaded
),

once as (
    select
        *,
        row_number() over (
            partition by {% for _, name, _ in exported %}{{ name }}{{ ", " if not loop.last }}{% endfor %}
            order by source_file, source_line
        ) as occurrence
    from numbered
    where reading = 1
)

select
    md5(source_file || ':' || cast(source_line as text)) as event_key,
    {% for _, name, _ in exported -%}
    {{ name }},
    {% endfor -%}
    occurrence > 1 as is_duplicate,
    source_file,
    source_line,
    file_modified_at
from once
{% endmacro %}

{% macro event_columns() %}
    {{ return([
        ("ACCOUNT_ID", "account_id", "integer"),
        ("LIST_ID", "list_id", "integer"),
        ("RIID", "riid", "integer"),
        ("CUSTOMER_ID", "customer_id", "text"),
        ("EVENT_CAPTURED_DT", "captured_at", "timestamp"),
        ("EVENT_STORED_DT", "stored_at", "timestamp"),
        ("CAMPAIGN_ID", "campaign_id", "integer"),
        ("LAUNCH_ID", "launch_id", "integer"),
        ("EVENT_TYPE_ID", "event_type_id", "integer"),
        ("EMAIL_FORMAT", "email_format", "text"),
    ]) }}
{% endmacro %}

{% macro bookkeeping_columns() %}
    {{ return([
        ("_sdc_source_file", "source_file", "text"),
        ("_sdc_source_lineno", "source_line", "integer"),
        ("_sdc_last_modified", "file_modified_at", "timestamp"),
    ]) }}
{% endmacro %}

{# The account's own columns that var responsys_extra_columns names for a model, as text. #}
{% macro extra_columns(model) %}
    {%- set columns = [] -%}
    {%- for name in var("responsys_extra_columns", {}).get(model, []) -%}
        {%- do columns.append((name, name | lower, "text")) -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}
