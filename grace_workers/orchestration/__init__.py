"""The line, and what carries it: `line`, `work`, `events`, `fleet`, `stores`; what people do. No driver, no Celery."""
