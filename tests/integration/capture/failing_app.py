"""A user's Celery application that captures its failures in two lines. Broker and Grace come from the environment."""

import os

from celery import Celery

from grace_workers.entrypoints.capture import capture_task_failures

app = Celery("failing", broker=os.environ["FAILING_BROKER"])
app.conf.task_ignore_result = True
capture_task_failures(os.environ["FAILING_GRACE"], target="shop", app=app)


@app.task(name="shop.charge")
def charge(amount: int) -> None:
    raise LookupError(f"no account for {amount}")
