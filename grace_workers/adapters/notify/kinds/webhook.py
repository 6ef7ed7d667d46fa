"""A webhook of your own: the notice as JSON, signed if you give a secret."""

import hmac
import json
from hashlib import sha256

from grace_workers.adapters.notify.http import post
from grace_workers.adapters.notify.notifier import Notifier
from grace_workers.foundation.document import Document
from grace_workers.foundation.secret import SecretText, reveal
from grace_workers.orchestration.people.roster import PeopleNotice


class WebhookConnection(Document):
    """An address, and the secret with which the header `X-Grace-Signature` signs the body (`sha256=<hex>`)."""

    url: SecretText
    secret: SecretText | None = None


class WebhookWay:
    """Posts each notice. `subject` and `key` identify it, so a receiver can recognise a repeat."""

    def __init__(self, said: WebhookConnection) -> None:
        self._said = said

    def send(self, notice: PeopleNotice, thread: str | None) -> str | None:
        """Post it."""
        del thread
        body = json.dumps(
            {
                "subject": notice.subject,
                "key": notice.key,
                "kind": notice.kind.value,
                "title": notice.title,
                "lines": list(notice.lines),
                "severity": notice.severity,
                "link": notice.link,
                "approval": notice.approval,
                "plan_digest": notice.digest,
            }
        ).encode()
        headers = {"Content-Type": "application/json"}
        if self._said.secret is not None:
            key = reveal(self._said.secret, "secret of the webhook").encode()
            headers["X-Grace-Signature"] = f"sha256={hmac.new(key, body, sha256).hexdigest()}"
        post(reveal(self._said.url, "url of the webhook"), body, headers=headers, what="the webhook")
        return None


DEFINITION = Notifier(
    name="webhook", summary="Your own webhook, signed.", connection=WebhookConnection, open=WebhookWay
)
