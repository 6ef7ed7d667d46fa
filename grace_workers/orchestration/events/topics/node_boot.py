"""`node.boot`: a step of a node's boot began, passed or failed.

The boot publishes it once the database can be reached; earlier steps are published then, with their own times:
`tx.events.publish(NODE_BOOT, NodeBoot(instance=…, phase=…, step=…, state=…))`.
"""

from datetime import datetime

from grace_workers.foundation.document import Document
from grace_workers.orchestration.events.topic import Topic


class NodeBoot(Document):
    """`state` is started, passed, failed or rolled_back; `seconds` is how long the step took."""

    instance: str
    phase: str
    step: str
    state: str
    at: datetime | None = None
    seconds: float | None = None
    detail: str = ""


DEFINITION = Topic(
    name="node_boot",
    body=NodeBoot,
    key=lambda body: body.instance,
    about="A step of a node's boot began, passed or failed.",
)
