"""What the fleet has practised, how one playbook did over time, and who heals whom."""

from typing import Self
from uuid import UUID

from pydantic import Field

from grace_workers.entrypoints.api.views.learning import ReliabilityView
from grace_workers.entrypoints.api.views.view import Moment, View
from grace_workers.orchestration.outcomes import PlaybookCourse
from grace_workers.orchestration.practice import Practised


class PractisedRunView(View):
    """A run that ended."""

    at: Moment
    incident: UUID
    playbook: str
    ending: str = Field(description="verified, ineffective, failed or inconclusive")
    restored: bool | None = Field(description="null when nothing had to be put back")
    seconds: float = Field(description="from opened to ended")
    to_detect: float | None = Field(
        description="seconds from the begin of the condition, as its first signal says, to opened; null where unknown"
    )
    to_heal: float | None = Field(description="seconds from opened to verified; null when it was not")
    to_restore: float | None = Field(description="seconds that putting it back took; null when it was not")


class PractisedView(View):
    """A cause that targets of a kind can have, the playbooks for it, and the newest runs; null when none ran."""

    cause: str
    kind: str
    playbooks: list[str]
    newest: PractisedRunView | None
    healed: PractisedRunView | None

    @classmethod
    def of_practised(cls, found: Practised) -> Self:
        """Return the view of one cause and kind."""
        newest = None if found.newest is None else PractisedRunView.of(found.newest)
        return cls.of(found, newest=newest, healed=None if found.healed is None else PractisedRunView.of(found.healed))


class EndedRunView(PractisedRunView):
    """A run of one playbook."""

    cause: str
    target: str


class DayOfRunsView(View):
    """How the runs that ended on a day (UTC) came out."""

    at: Moment
    verified: int
    missed: int = Field(description="failed, or did not help")
    inconclusive: int


class PlaybookCourseView(View):
    """One playbook over time, oldest day first and newest run first."""

    since: Moment
    complete: bool = Field(description="false where older runs were left out")
    days: list[DayOfRunsView]
    newest: list[EndedRunView]
    reliability: ReliabilityView

    @classmethod
    def of_course(cls, found: PlaybookCourse) -> Self:
        """Return the view of a playbook's course."""
        return cls.of(
            found,
            days=[DayOfRunsView.of(one) for one in found.days],
            newest=[EndedRunView.of(one) for one in found.newest],
            reliability=ReliabilityView.of_curve(found.reliability),
        )


class RepairLinkView(View):
    """One part of the fleet heals another."""

    healer: str = Field(description="standby, leader, watchdog, healing or coding")
    healed: str = Field(description="leader, node, kernel, healing or coding")
    how: str
    times: int = Field(description="how often; for nodes, how many are dead or kept apart now")
    last_at: Moment | None = Field(description="the newest run, where the line heals")
    ending: str | None
