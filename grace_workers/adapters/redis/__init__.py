"""What is stored in Redis beside the broker's own tables."""
