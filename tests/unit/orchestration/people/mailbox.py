"""A way that keeps what it is given, and a ward whose people are told by it."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from grace_workers.orchestration.people.roster import EscalationPolicy, EscalationStep, NotifyWay, People, PeopleNotice
from grace_workers.orchestration.work.jobs.people_look import DEFINITION as LOOK
from tests.builders import Ward, claimed

MINUTE = timedelta(minutes=1)


@dataclass
class Mailbox:
    """Keeps notices; raises `fault` instead, if there is one."""

    name: str = "chat"
    kept: list[tuple[PeopleNotice, str | None]] = field(default_factory=list)
    fault: Exception | None = None

    def send(self, notice: PeopleNotice, thread: str | None) -> str | None:
        """Keep it."""
        if self.fault is not None:
            raise self.fault
        self.kept.append((notice, thread))
        return thread or f"{self.name}-{len(self.kept)}"

    @property
    def titles(self) -> list[str]:
        """The titles of what came."""
        return [notice.title for notice, _ in self.kept]


UP = EscalationPolicy(
    name="all",
    steps=(
        EscalationStep(ways=("chat",)),
        EscalationStep(ways=("pager",), after=10 * MINUTE, every=10 * MINUTE, times=2),
    ),
)


def told(ward: Ward, **changes: object) -> dict[str, Mailbox]:
    """Let the ward's people be told by two mailboxes; return them."""
    boxes = {"chat": Mailbox(), "pager": Mailbox("pager")}
    ways: dict[str, NotifyWay] = dict(boxes)
    ward.line = replace(ward.line, people=replace(People(ways=ways, escalations=(UP,)), **changes))
    return boxes


def look(ward: Ward) -> None:
    """Look once who needs people, and send what is due."""
    LOOK.run(ward, claimed(ward, LOOK, {}))
    ward.work()
