"""The line and what carries it: stages, engine, execution, jobs, approvals. No driver, no Celery."""
