"""The line and what runs it: `line`, `work`, `events`, `fleet`, `stores`, and what people do. No driver, no Celery."""
