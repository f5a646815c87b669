"""responsys-io."""
