"""The status page: what the tap has read, what the target has delivered, and what people did with it."""
