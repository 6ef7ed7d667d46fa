"""The status of healing, and its knowledge about problems."""

from typing import Self
from uuid import UUID

from pydantic import Field

from grace_workers.diagnosis import Cause, KnowledgeEntry, Origin
from grace_workers.entrypoints.api.views.fleet import ScorePartView
from grace_workers.entrypoints.api.views.governance import SwitchesView
from grace_workers.entrypoints.api.views.view import Moment, Seconds, View
from grace_workers.foundation.document import JsonValue


class MemberView(View):
    """An instance as the fleet's row has it. Spans are in seconds."""

    name: str
    epoch: int
    pools: list[str]
    roles: list[str]
    health: str
    score: float
    registered_at: Moment
    heartbeat_at: Moment
    died_at: Moment | None
    left_at: Moment | None
    home: str | None
    parts: list[ScorePartView]
    reason: str | None
    held: bool
    attempts: int
    quarantined_at: Moment | None
    retired_at: Moment | None
    silent_for: Seconds
    health_for: Seconds
    drain_left: Seconds | None


class AgentView(View):
    """How busy one agent is in the whole fleet."""

    running: int
    utilisation: float
    free: int = Field(description="how many ordinary jobs could start now")


class PoolView(View):
    """A pool's figures of the last hour; times in seconds."""

    pool: str
    processed: int
    failed: int
    completion_mean: Seconds
    completion_p50: Seconds
    completion_p95: Seconds
    completion_p99: Seconds
    wait_mean: Seconds
    wait_p95: Seconds


class JobCountView(View):
    """How many jobs of a pool, state and priority there are."""

    pool: str
    state: str
    priority: int
    count: int


class EpisodeView(View):
    """A run that has ended."""

    incident: UUID
    playbook: str
    playbook_digest: str
    signature: str
    cause: str
    target: str
    ending: str
    restored: bool | None
    seconds: float
    at: Moment
    complaining: str | None
    bindings: dict[str, JsonValue]
    words_alone: bool


class FiguresView(View):
    """Agents, pools, jobs, incidents by state, newest endings."""

    agents: dict[str, AgentView]
    pools: dict[str, PoolView | None]
    jobs: list[JobCountView]
    incidents: dict[str, int]
    episodes: list[EpisodeView]


class _StatusHead(View):
    instances: list[MemberView]
    leader: bool
    switches: SwitchesView
    coding_agent: str


class StatusView(FiguresView, _StatusHead):
    """The status of healing."""


class LimitsView(View):
    """The agents' fleet-wide limits."""

    agents: int
    per_agent: int


class _OrchestrationHead(View):
    tasks: list[str]
    limits: LimitsView


class OrchestrationStatusView(FiguresView, _OrchestrationHead):
    """The status of orchestration."""


class SymptomView(View):
    """How a signal points to a problem."""

    names: list[str]
    exceptions: list[str]
    phrases: list[str]


class KnowledgeView(View):
    """A piece of knowledge, with its confidence."""

    id: str
    origin: str
    cause: str
    summary: str
    signature: str | None
    symptom: SymptomView | None
    target: str | None
    subject: str | None
    subject_kinds: list[str]
    subject_roles: list[str]
    bindings: dict[str, JsonValue]
    playbook: str | None
    verified: int
    unverified: int
    confidence: float
    proven: bool

    @classmethod
    def of_entry(cls, entry: KnowledgeEntry) -> Self:
        """Return what was learnt."""
        return cls.of(entry, symptom=None, subject_kinds=[], subject_roles=[])

    @classmethod
    def of_cause(cls, cause: Cause) -> Self:
        """Return a cause as an entry about which nothing was learnt yet."""
        unlearnt = KnowledgeEntry(
            id=f"shipped:{cause.name}", origin=Origin.SHIPPED, cause=cause.id, summary=cause.summary
        )
        symptom = {
            "names": sorted(cause.signal_names),
            "exceptions": sorted(cause.symptoms.exceptions),
            "phrases": cause.words,
        }
        return cls.of(unlearnt, symptom=symptom, subject_kinds=cause.kinds, subject_roles=cause.roles)


class TrackRecordView(View):
    """A playbook's record on problems of one signature."""

    playbook: str
    signature: str
    verified: int
    ineffective: int
    failed: int
    inconclusive: int
    streak: int
    last_at: Moment | None


class KnowledgeListView(View):
    """Shipped and learned entries, and the track record of every playbook."""

    entries: list[KnowledgeView]
    track_records: list[TrackRecordView]
