"""Slack, and what is compatible with it.

With a `token`, the first message of a subject is edited, later alerts go into its thread, and a question has buttons.
With an incoming webhook (`url`), as Mattermost and Rocket.Chat have it too, each notice is a message of its own.
"""

import json
from typing import Any, Self

from pydantic import model_validator

from grace_workers.adapters.notify.http import post
from grace_workers.adapters.notify.notifier import Notifier
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import PermanentError, TransientError
from grace_workers.foundation.field_types import OneLine
from grace_workers.foundation.secret import SecretText, reveal
from grace_workers.orchestration.people.roster import NoticeKind, PeopleNotice

_LATER = frozenset({"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable"})
_LONGEST = 2900


class SlackConnection(Document):
    """Either the secret address of an incoming webhook, or a bot's token and a channel's id."""

    url: SecretText | None = None
    token: SecretText | None = None
    channel: OneLine | None = None
    api: OneLine = "https://slack.com/api"

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.url is None) == (self.token is None):
            raise ValueError("give either `url`, or `token` and `channel`")
        if self.token is not None and self.channel is None:
            raise ValueError("a token needs the `channel` to write to")
        return self


class SlackWay:
    """Writes to one channel."""

    def __init__(self, said: SlackConnection) -> None:
        self._said = said

    def send(self, notice: PeopleNotice, thread: str | None) -> str | None:
        """Write; the thread is the channel and the time stamp of its first message."""
        if self._said.url is not None:
            post(reveal(self._said.url, "url of Slack"), {"text": _text(notice)}, what="Slack's webhook")
            return None
        if thread is None:
            made = self._call("chat.postMessage", {"channel": self._said.channel, **_body(notice)})
            return f"{made['channel']}:{made['ts']}"
        channel, _, ts = thread.partition(":")
        self._call("chat.update", {"channel": channel, "ts": ts, **_body(notice)})
        if notice.kind is NoticeKind.NEEDED:
            # An edit alerts no one.
            self._call("chat.postMessage", {"channel": channel, "thread_ts": ts, "text": notice.title})
        return thread

    def _call(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {
            "Authorization": f"Bearer {reveal(self._said.token or '', 'token of Slack')}",
            "Content-Type": "application/json; charset=utf-8",
        }
        content = json.dumps(body).encode()
        found = post(f"{self._said.api}/{method}", content, headers=headers, what="Slack")
        if not isinstance(found, dict):
            raise PermanentError(f"Slack's answer to {method} is no JSON object; check `api`")
        if found.get("ok") is not True:
            said = str(found.get("error", "no reason given"))[:100]
            kind = TransientError if said in _LATER else PermanentError
            raise kind(f"Slack refuses {method}: {said}")
        return found


def _text(notice: PeopleNotice) -> str:
    lines = [f"*{_plain(notice.title)}*", *map(_plain, notice.lines)]
    return "\n".join([*lines, *([notice.link] if notice.link else [])])[:_LONGEST]


def _plain(text: str) -> str:
    """Return text in which Slack finds no mention, link or channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _body(notice: PeopleNotice) -> dict[str, Any]:
    text = {"type": "section", "text": {"type": "mrkdwn", "text": _text(notice)}}
    blocks: list[dict[str, Any]] = [text]
    if notice.approval is not None:
        value = f"{notice.approval} {notice.digest}"
        buttons = [("approve", "Approve", "primary"), ("reject", "Reject", "danger")]
        elements = [
            {
                "type": "button",
                "action_id": name,
                "style": style,
                "value": value,
                "text": {"type": "plain_text", "text": words},
            }
            for name, words, style in buttons
        ]
        blocks.append({"type": "actions", "elements": elements})
    return {"text": notice.title, "blocks": blocks}


DEFINITION = Notifier(
    name="slack",
    summary="A channel of Slack: one edited message with a thread, or the messages of an incoming webhook.",
    connection=SlackConnection,
    open=SlackWay,
)
