"""`kernel.canary`: an event that a node publishes to itself, to show that what is published can be read.

The full self-test of the event mesh publishes it, once at the end of a boot; nobody else needs it.
"""

from grace_workers.foundation.document import Document
from grace_workers.orchestration.events.topic import Topic


class KernelCanary(Document):
    """`nonce` is what the same node must read again."""

    instance: str
    nonce: str


DEFINITION = Topic(
    name="kernel_canary",
    body=KernelCanary,
    key=lambda body: body.instance,
    about="A node tested the event mesh with an event for itself.",
)
