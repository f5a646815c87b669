{{ responsys.staged_feed("sent", responsys.event_columns() + [
    ("EMAIL", "email", "text"),
    ("EMAIL_ISP", "email_isp", "text"),
    ("OFFER_SIGNATURE_ID", "offer_signature_id", "integer"),
    ("DYNAMIC_CONTENT_SIGNATURE_ID", "dynamic_content_signature_id", "integer"),
    ("MESSAGE_SIZE", "message_size", "integer"),
    ("SEGMENT_INFO", "segment_info", "text"),
    ("CONTACT_INFO", "contact_info", "text"),
]) }}
