"""`chaos.changed`: an experiment began, ended or was aborted. Declared; nothing publishes it before chaos exists."""

from grace_workers.foundation.document import Document
from grace_workers.orchestration.topic import Topic


class ChaosChanged(Document):
    """`change` is started, ended or aborted; `target` is what the fault was put into."""

    experiment: str
    card: str
    target: str
    change: str
    why: str = ""


DEFINITION = Topic(
    name="chaos_changed",
    body=ChaosChanged,
    key=lambda body: body.experiment,
    about="A chaos experiment began, ended or was aborted. Nothing publishes it yet.",
)
