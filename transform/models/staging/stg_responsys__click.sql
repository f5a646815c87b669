{{ responsys.staged_feed("click", responsys.event_columns() + [
    ("OFFER_NAME", "offer_name", "text"),
    ("OFFER_NUMBER", "offer_number", "integer"),
    ("OFFER_CATEGORY", "offer_category", "text"),
    ("OFFER_URL", "offer_url", "text"),
]) }}
