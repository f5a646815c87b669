{{ responsys.staged_feed("opt_out", responsys.event_columns() + [
    ("SOURCE", "source", "text"),
    ("REASON", "reason", "text"),
    ("EMAIL", "email", "text"),
    ("CONTACT_INFO", "contact_info", "text"),
]) }}
