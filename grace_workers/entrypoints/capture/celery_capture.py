"""`capture_task_failures`: sends the task failures of any Celery application."""

import logging
import time
from typing import Any

from grace_workers.entrypoints.capture.event import CapturedEvent, frames_of, raised_by
from grace_workers.entrypoints.capture.sender import LOGGER, Sender


def capture_task_failures(
    url: str, *, token: str | None = None, target: str | None = None, app: Any | None = None
) -> Sender:
    """Send every failed task of `app`, or of all applications in this process, as a signal; return the sender.

    Arguments of the task are not sent. In a prefork pool each child sends for itself, and has two seconds to do so
    when it ends.

    Raises:
        InputError: `url` is not `http://host[:port]` or `https://…`.
    """
    from celery.signals import task_failure, worker_process_shutdown

    sender = Sender(url, token=token, target=target)

    def failed(**facts: Any) -> None:
        task = facts["sender"]
        if app is not None and task.app is not app:
            return
        try:
            sender.offer(_event(task.name, facts["task_id"], facts["exception"]))
        except Exception:
            # The task has already failed, and a failure to report that must not change how.
            logging.getLogger(LOGGER).warning("a task failure could not be captured", exc_info=True)

    def ending(**_facts: Any) -> None:
        sender.close()

    # Strong references: Celery would forget these closures as soon as we return.
    task_failure.connect(failed, weak=False)
    worker_process_shutdown.connect(ending, weak=False)
    return sender


def _event(task: str, task_id: str, error: BaseException) -> CapturedEvent:
    message = f"Task {task}[{task_id}] raised unexpected: {type(error).__name__}"
    return CapturedEvent(
        f"task_failure {task}", "error", message, time.time(), frames_of(error.__traceback__), raised_by(error)
    )
