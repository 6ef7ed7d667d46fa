"""`python -P -m grace_workers.entrypoints.tasks`: Celery's command line.

Celery looks for an application in the working directory first, even with `-P`, and so would all that the application
imports; so ours is imported before it looks.
"""

from celery.__main__ import main

from grace_workers.entrypoints.tasks import app

__all__ = ["app"]

if __name__ == "__main__":
    main()
