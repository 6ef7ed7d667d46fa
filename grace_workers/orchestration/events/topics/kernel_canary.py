"""`kernel.canary`: an event that a node publishes to itself, to show that published events can be read.

The full self-test of the event mesh publishes it, once at the end of a boot; it has no other use.
"""

from grace_workers.foundation.document import Document
from grace_workers.orchestration.events.topic import Topic


class KernelCanary(Document):
    """`nonce` is the value that the same node must read back."""

    instance: str
    nonce: str


DEFINITION = Topic(
    name="kernel_canary",
    body=KernelCanary,
    key=lambda body: body.instance,
    about="A node tested the event mesh with an event for itself.",
)
