"""responsys-sandbox."""
