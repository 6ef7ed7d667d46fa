"""Microsoft Teams: an adaptive card through the webhook of a workflow."""

from typing import Any

from grace_workers.adapters.notify.http import post
from grace_workers.adapters.notify.notifier import Notifier
from grace_workers.foundation.document import Document
from grace_workers.foundation.secret import SecretText, reveal
from grace_workers.orchestration.people.roster import NoticeKind, PeopleNotice

_COLOURS = {NoticeKind.NEEDED: "attention", NoticeKind.OVER: "good", NoticeKind.REPORT: "good"}


class TeamsConnection(Document):
    """The secret address that a workflow of the channel gives."""

    url: SecretText


class TeamsWay:
    """Posts a card. Teams has no way to change one later, so each notice is a card of its own."""

    def __init__(self, said: TeamsConnection) -> None:
        self._said = said

    def send(self, notice: PeopleNotice, thread: str | None) -> str | None:
        """Post it."""
        del thread
        post(reveal(self._said.url, "url of Teams"), _card(notice), what="the workflow of Teams")
        return None


def _card(notice: PeopleNotice) -> dict[str, Any]:
    title = {
        "type": "TextBlock",
        "text": _plain(notice.title),
        "weight": "bolder",
        "size": "medium",
        "wrap": True,
        "color": _COLOURS[notice.kind],
    }
    lines = [{"type": "TextBlock", "text": _plain(line), "wrap": True, "spacing": "small"} for line in notice.lines]
    actions = [{"type": "Action.OpenUrl", "title": "Open", "url": notice.link}] if notice.link else []
    card = {"type": "AdaptiveCard", "version": "1.4", "body": [title, *lines], "actions": actions}
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }


def _plain(text: str) -> str:
    """Return text in which Teams finds no link or emphasis."""
    return "".join(f"\\{one}" if one in "*_[]()`#" else one for one in text)


DEFINITION = Notifier(
    name="teams", summary="A card in a channel of Microsoft Teams.", connection=TeamsConnection, open=TeamsWay
)
