"""What is kept in Redis beside the broker's own tables."""
