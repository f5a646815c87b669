{{ responsys.staged_feed("opt_in", responsys.event_columns() + [
    ("SOURCE", "source", "text"),
    ("REASON", "reason", "text"),
    ("EMAIL", "email", "text"),
]) }}
