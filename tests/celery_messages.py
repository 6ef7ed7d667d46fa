"""Messages as a real Celery application sends them, and some that none would."""

from datetime import UTC, datetime, timedelta

from celery import Celery


def fill(url: str) -> None:
    """Send three messages to the queue `mail`: one good, one expired, one of a task that nobody has."""
    with Celery("shop", broker=url, set_as_current=False) as app:
        app.send_task("shop.mail", args=["ann"], queue="mail")
        app.send_task("shop.mail", args=["bob"], queue="mail", expires=datetime.now(UTC) - timedelta(hours=1))
        app.send_task("ghost", queue="mail", priority=3)
