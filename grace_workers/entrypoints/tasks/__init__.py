"""The Celery side of the house: one thin task per job name, and the edge they all share."""
