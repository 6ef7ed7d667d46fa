"""The event mesh: topics, the log, and durable subscriptions."""
