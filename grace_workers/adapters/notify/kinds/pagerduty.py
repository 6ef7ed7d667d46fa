"""PagerDuty: one alert for each subject, resolved when it is over."""

from typing import Any

from grace_workers.adapters.notify.http import post
from grace_workers.adapters.notify.notifier import Notifier
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import OneLine
from grace_workers.foundation.secret import SecretText, reveal
from grace_workers.orchestration.people.roster import NoticeKind, PeopleNotice


class PagerdutyConnection(Document):
    """The routing key of an Events API v2 integration."""

    routing_key: SecretText
    url: OneLine = "https://events.pagerduty.com/v2/enqueue"


class PagerdutyWay:
    """Triggers and resolves. The subject is the key by which PagerDuty recognises a repeat."""

    def __init__(self, said: PagerdutyConnection) -> None:
        self._said = said

    def send(self, notice: PeopleNotice, thread: str | None) -> str | None:
        """Send; a report pages no one."""
        if notice.kind is NoticeKind.REPORT or (notice.kind is NoticeKind.OVER and thread is None):
            return thread
        post(self._said.url, self._event(notice), what="PagerDuty")
        return notice.subject

    def _event(self, notice: PeopleNotice) -> dict[str, Any]:
        found = {
            "routing_key": reveal(self._said.routing_key, "routing key of PagerDuty"),
            "dedup_key": notice.subject,
            "event_action": "resolve" if notice.kind is NoticeKind.OVER else "trigger",
        }
        if notice.kind is NoticeKind.OVER:
            return found
        payload = {
            "summary": notice.title[:1024],
            "source": "grace",
            "severity": notice.severity,
            "custom_details": {"lines": list(notice.lines)},
        }
        links = [{"href": notice.link, "text": "Grace"}] if notice.link else []
        return {**found, "payload": payload, "links": links}


DEFINITION = Notifier(
    name="pagerduty",
    summary="One alert of PagerDuty for each incident, resolved when it is over.",
    connection=PagerdutyConnection,
    open=PagerdutyWay,
)
