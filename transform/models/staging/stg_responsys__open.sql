{{ responsys.staged_feed("open", responsys.event_columns()) }}
