"""target-responsys."""
