"""What several test folders need: servers to test against, keys, command lines."""
