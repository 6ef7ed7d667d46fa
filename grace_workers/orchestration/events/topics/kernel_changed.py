"""`kernel.changed`: a kernel of a node reached another state.

The watchdog publishes it with the state it writes, in one transaction: `tx.events.publish(KERNEL_CHANGED,
KernelChanged(instance=…, kernel=…, before=…, after=…, why=…))`.
"""

from grace_workers.foundation.document import Document
from grace_workers.orchestration.events.topic import Topic


class KernelChanged(Document):
    """`before` and `after` are states of a kernel; `why` is one sentence; `restarts` is how often it was restarted."""

    instance: str
    kernel: str
    before: str | None
    after: str
    why: str = ""
    restarts: int = 0


DEFINITION = Topic(
    name="kernel_changed",
    body=KernelChanged,
    key=lambda body: f"{body.instance}/{body.kernel}",
    about="A kernel of a node changed its state.",
)
