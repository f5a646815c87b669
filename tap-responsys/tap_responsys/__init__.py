"""tap-responsys."""
