"""A Celery application that is none of ours, for tests: `celery --app tests.foreign_app worker`."""

import os

from celery import Celery

app = Celery("shop", broker=os.environ["SHOP_BROKER"])


@app.task(name="shop.mail")
def mail() -> None:
    """Do nothing."""
