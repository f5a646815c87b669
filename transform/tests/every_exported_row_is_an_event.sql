-- Every row of the loaded tables, by file and line, is in the events once.

with exported as (
    {% for feed in ["sent", "open", "click", "bounce", "opt_in", "opt_out"] -%}
    {{ "union all" if not loop.first }}
    select distinct '{{ feed }}' as feed, source_file, source_line
    from ({{ responsys.source_columns(source("responsys", feed), responsys.bookkeeping_columns()) }}) as rows_{{ feed }}
    {% endfor %}
),

exports as (
    select feed, count(*) as exported_rows
    from exported
    group by feed
),

events as (
    select feed, count(*) as event_rows
    from {{ ref("responsys__events_enhanced") }}
    group by feed
)

select *
from exports
full outer join events on exports.feed = events.feed
where coalesce(exports.exported_rows, 0) <> coalesce(events.event_rows, 0)
