{{ responsys.staged_feed("bounce", responsys.event_columns() + [
    ("EMAIL", "email", "text"),
    ("BOUNCE_TYPE", "bounce_type", "text"),
    ("REASON", "reason", "text"),
    ("REASON_CODE", "reason_code", "text"),
    ("SUBJECT", "subject", "text"),
    ("CONTACT_INFO", "contact_info", "text"),
]) }}
