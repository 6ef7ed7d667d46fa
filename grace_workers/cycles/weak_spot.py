"""`WeakSpot`: one kind of weakness that shows in the fleet's own record. A file each in `weak_spots`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from grace_workers.cycles.finding import Finding
from grace_workers.cycles.goals import Goal, GoalEvaluation, GoalState
from grace_workers.cycles.outcome_count import OutcomeCount
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.learning import Episode, Precedent

OWN_SOURCE = "probe"
MOST_ENOUGH = 0.95
_MISSED = {GoalState.AT_RISK, GoalState.OFF_TRACK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanished:
    """A problem that came and went: its target and signature, and when it ended by itself."""

    target: TargetName
    signature: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedSignal:
    """A signal that named no declared target: the labels in which it may have named one, and when it came."""

    names: Mapping[str, str]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingReading:
    """A reading of an incident's target that its cause goes by: the check, the bound, whether it must be at least it.

    `value` is what was read for the diagnosis.
    """

    check: str
    bound: float
    at_least: bool
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedError:
    """An error of code that an incident's signal showed: the code's target, its key, and where it was raised.

    `service` runs the code, if it can be restarted. `incident` holds the traceback. `handed`: the line itself gives it
    to the coding agent, because nothing healed it.
    """

    code: TargetName
    key: str
    exception: str
    place: str
    incident: IncidentId
    handed: bool
    service: TargetName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnexplainedProblem:
    """A cluster of incidents without a cause, and the file of a cause that would name them, with its version.

    Of the incidents that have one of its `alerts`, it would have named `named` that had no cause, and come beside the
    cause of `beside`.
    """

    name: str
    version: str
    file: str
    alerts: Sequence[str]
    incidents: int
    last_at: datetime
    named: int
    beside: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PastProblem:
    """An incident that signals opened: its first one, how long it lasted, and whether it ended by itself.

    `names` are the labels of that signal that may name a target. `cause` is what diagnosis found, None without one;
    `shown` are the readings by which the cause can be told of the target itself. `error` is one that came out of
    declared code.
    """

    source: str
    name: str
    target: TargetName | None
    at: datetime
    lasted: timedelta
    by_itself: bool
    cause: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    shown: Sequence[TellingReading] = ()
    error: RaisedError | None = None

    @property
    def is_own(self) -> bool:
        """Whether a trigger of ours told it."""
        return self.source == OWN_SOURCE


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMonth:
    """What happened in the 30 days before `now`: at most the newest thousand of each.

    `unmatched` counts the signals that named no declared target, by name; `strays` are those signals, and `targets` the
    declared ones. `unexplained` are clusters of what has no cause, and `causes` what is known. `untold` says when
    conditions ended before a hold let them be told, by trigger and target. `waits` are the seconds that plans waited
    for people, by playbook. `ran` names the playbooks that ever ran, of those `enabled`; `since` is the first heal.
    `whole_since` is when `problems` begin to be all that there were, None where they are all of the month.
    `goals` are in force; `standings` say how each stood at the goal cycle's newest look, and each indicator without one
    by its `trend_of`. `unwatched` are indicators whose goal a person ended lately.
    """

    now: datetime
    episodes: Sequence[Episode] = ()
    precedents: Sequence[Precedent] = ()
    days: Sequence[OutcomeCount] = ()
    vanished: Sequence[Vanished] = ()
    problems: Sequence[PastProblem] = ()
    whole_since: datetime | None = None
    strays: Sequence[UnmatchedSignal] = ()
    targets: frozenset[TargetName] = frozenset()
    unmatched: Mapping[str, int] = field(default_factory=dict)
    unexplained: Sequence[UnexplainedProblem] = ()
    causes: frozenset[str] = frozenset()
    untold: Mapping[tuple[str, TargetName], Sequence[datetime]] = field(default_factory=dict)
    waits: Mapping[str, Sequence[float]] = field(default_factory=dict)
    enabled: Sequence[str] = ()
    ran: frozenset[str] = frozenset()
    since: datetime | None = None
    goals: Sequence[Goal] = ()
    standings: Mapping[str, GoalEvaluation] = field(default_factory=dict)
    unwatched: frozenset[str] = frozenset()

    @property
    def missed(self) -> Sequence[tuple[Goal, GoalEvaluation]]:
        """Return the goals that are at risk or off track, by name."""
        found = [(one, self.standings[one.name]) for one in self.goals if one.name in self.standings]
        return [(goal, stands) for goal, stands in found if stands.state in _MISSED and stands.at > goal.made_at]

    def enough(self, indicator: str, usual: float) -> float:
        """Return the share that is enough: the objective of a missed goal with the indicator, if that is more.

        At most 95 %, because above that a single failure would be too many.
        """
        wanted = [goal.objective for goal, _ in self.missed if goal.indicator == indicator]
        return max([usual, *(min(one, MOST_ENOUGH) for one in wanted)])


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakSpot:
    """A kind of weakness: `find` returns all that show, each with figures and a proposal. Pure.

    `weight` names the figure that says how severe a finding is: the higher, the more.
    """

    name: str
    summary: str
    weight: str
    find: Callable[[PastMonth], Sequence[Finding]]
