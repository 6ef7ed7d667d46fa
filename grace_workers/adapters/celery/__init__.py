"""The celery adapters."""
