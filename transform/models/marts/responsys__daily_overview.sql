-- One row per day on which something was sent or happened.

{{ responsys.engagement([], by_day=true) }}
