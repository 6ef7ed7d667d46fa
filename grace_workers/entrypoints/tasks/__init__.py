"""The Celery side: one thin task per job name, and the edge they all share."""
