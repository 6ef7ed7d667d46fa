"""The funnel: how far signals came, and why each that led to nothing was lost. Read in two statements, then counted.

Nothing is taken for success that cannot be read: a word that this release does not know counts as lost where it stands,
and the reason says so.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from grace_workers.foundation.clock import Clock
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.orchestration.dossier import Closing, Fate
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.stores.funnel import ArrivedSignals, FunnelStore, IncidentPath
from grace_workers.signals import IncidentState, mask

MOST = 10_000
_MOST_LOSSES = 20
_MOST_CONDITIONS = 200
_LONGEST = 300


class FunnelStage(StrEnum):
    """How far something came, in order."""

    RECEIVED = "received"
    MATCHED = "matched"
    CORRELATED = "correlated"
    DIAGNOSED = "diagnosed"
    PLANNED = "planned"
    GRANTED = "granted"
    ACTED = "acted"
    HEALED = "healed"


_STAGES = tuple(FunnelStage)
_WAYS: Mapping[FunnelStage, frozenset[IncidentState]] = {
    FunnelStage.ACTED: frozenset({IncidentState.EXECUTED, IncidentState.VERIFIED}),
    FunnelStage.GRANTED: frozenset({IncidentState.GRANTED, IncidentState.CONTRACTED, IncidentState.SNAPSHOTTED}),
    FunnelStage.PLANNED: frozenset({IncidentState.PLANNED, IncidentState.AWAITING_APPROVAL}),
    FunnelStage.DIAGNOSED: frozenset({IncidentState.DIAGNOSED}),
}
_WORDS: Mapping[str, str] = {
    Closing.RESOLVED.value: "the condition ended by itself, or another run healed it",
    Closing.DISMISSED.value: "a person closed it",
}
_GOOD = frozenset({Closing.HEALED.value, Closing.DONE.value})
UNDER_WAY = "under way"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The last stage that was reached, and why it was the last; `lost` is None for what was healed."""

    reached: FunnelStage
    lost: str | None
    gate: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """How many were lost after a stage for one reason, and by which gate if one refused them."""

    after: FunnelStage
    reason: str
    count: int
    gate: str | None = None
    incident: IncidentId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """How many reached each stage, and the losses, most frequent first. `about` says of what it is."""

    about: str
    reached: Mapping[FunnelStage, int]
    losses: Sequence[Loss]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalFunnel:
    """The funnel of all signals since a time, and of each condition; not `complete` if the bound cut some off."""

    since: datetime
    whole: Funnel
    conditions: Sequence[Funnel]
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookFunnels:
    """The funnel of each playbook since a time, counted in incidents."""

    since: datetime
    playbooks: Sequence[Funnel]
    complete: bool


def signal_funnel(
    ledger: LineLedger,
    clock: Clock,
    period: timedelta,
    *,
    target: TargetName | None = None,
    signature: str | None = None,
    limit: int = MOST,
) -> SignalFunnel:
    """Return how far the signals of the last `period` came: of one target or signature, or all."""
    since = clock.now() - period
    with ledger.transaction() as tx:
        arrived = tx[FunnelStore].arrived(since=since, target=target, signature=signature, limit=limit)
        led_to = {one.incident for one in arrived if one.incident is not None}
        paths = {one.id: one for one in tx[FunnelStore].paths(led_to)} if led_to else {}
    passed = [(one, passage_of_signals(one, paths)) for one in arrived]
    conditions: dict[str, list[tuple[ArrivedSignals, Passage]]] = defaultdict(list)
    for one, passage in passed:
        conditions[f"{one.signature} on {one.target or 'no target'}"].append((one, passage))
    each = [_counted(name, members) for name, members in conditions.items()]
    each.sort(key=lambda one: (-one.reached[FunnelStage.RECEIVED], one.about))
    return SignalFunnel(
        since=since,
        whole=_counted("all signals", passed),
        conditions=each[:_MOST_CONDITIONS],
        complete=len(arrived) < limit,
    )


def playbook_funnels(
    ledger: LineLedger,
    clock: Clock,
    period: timedelta,
    playbooks: Mapping[str, Sequence[str]],
    *,
    limit: int = MOST,
) -> PlaybookFunnels:
    """Return how far each of `playbooks`, by name with its causes, came with the incidents of the last `period`.

    Received are all incidents; matched and correlated those with a cause that it is for; diagnosed those in which
    it was considered.
    """
    since = clock.now() - period
    with ledger.transaction() as tx:
        paths = tx[FunnelStore].paths_since(since, limit=limit)
    found = [
        _counted(name, [(path, passage_of_playbook(name, frozenset(causes), path)) for path in paths])
        for name, causes in playbooks.items()
    ]
    return PlaybookFunnels(since=since, playbooks=found, complete=len(paths) < limit)


def passage_of_signals(arrived: ArrivedSignals, paths: Mapping[IncidentId, IncidentPath]) -> Passage:
    """Return how far signals came, by what they led to."""
    if arrived.target is None:
        return Passage(reached=FunnelStage.RECEIVED, lost=arrived.reason or "names no declared target")
    if arrived.fate not in {fate.value for fate in Fate}:
        return Passage(reached=FunnelStage.MATCHED, lost=_unknown("fate", arrived.fate))
    if arrived.incident is None:
        return Passage(reached=FunnelStage.MATCHED, lost=arrived.reason or "no reason was stored")
    path = paths.get(arrived.incident)
    if path is None:
        return Passage(reached=FunnelStage.CORRELATED, lost="its incident cannot be found, so its end is unknown")
    return passage_of_incident(path)


def passage_of_incident(path: IncidentPath) -> Passage:
    """Return how far an incident came."""
    strange = sorted({path.state, *path.states} - {state.value for state in IncidentState})
    reached = next(
        (stage for stage, states in _WAYS.items() if path.states & {state.value for state in states}),
        FunnelStage.CORRELATED,
    )
    if strange:
        return Passage(reached=reached, lost=_unknown("state", strange[0]))
    if path.closing in _GOOD:
        return Passage(reached=FunnelStage.HEALED, lost=None)
    if path.closing is None:
        waits = "parked until another incident of its target ends" if path.parked else f"{UNDER_WAY}: {path.state}"
        return Passage(reached=reached, lost=waits)
    if path.closing not in {closing.value for closing in Closing}:
        return Passage(reached=reached, lost=_unknown("closing", path.closing))
    refused = path.gate if path.closing == Closing.REFUSED else None
    told = _WORDS.get(path.closing) or "; ".join(path.reasons[:2]) or f"{path.closing}, without a reason"
    return Passage(reached=reached, lost=told, gate=refused)


def passage_of_playbook(playbook: str, causes: frozenset[str], path: IncidentPath) -> Passage:
    """Return how far a playbook came with an incident."""
    if path.playbook == playbook:
        return passage_of_incident(path)
    if not causes & {*path.causes}:
        named = ", ".join(path.causes[:3])
        why = "a person asked for another playbook" if path.requested else f"no cause of it: {named or 'none found'}"
        return Passage(reached=FunnelStage.RECEIVED, lost=why)
    own = next(
        (one for one in path.considered if one.startswith(tuple(f"{playbook} for {name}: " for name in causes))), None
    )
    if own is not None:
        return Passage(reached=FunnelStage.DIAGNOSED, lost=own.partition(": ")[2])
    if path.playbook is not None:
        return Passage(reached=FunnelStage.DIAGNOSED, lost=f"{path.playbook} was chosen instead")
    return Passage(reached=FunnelStage.CORRELATED, lost=passage_of_incident(path).lost or "it was not considered")


def _counted(about: str, members: Iterable[tuple[ArrivedSignals | IncidentPath, Passage]]) -> Funnel:
    reached: Counter[FunnelStage] = Counter(dict.fromkeys(_STAGES, 0))
    losses: Counter[tuple[FunnelStage, str, str | None]] = Counter()
    examples: dict[tuple[FunnelStage, str, str | None], tuple[str, IncidentId | None]] = {}
    for one, passage in members:
        count = one.count if isinstance(one, ArrivedSignals) else 1
        for stage in _STAGES[: _STAGES.index(passage.reached) + 1]:
            reached[stage] += count
        if passage.lost is not None:
            key = (passage.reached, mask(passage.lost[:_LONGEST]), passage.gate)
            losses[key] += count
            incident = one.incident if isinstance(one, ArrivedSignals) else one.id
            examples.setdefault(key, (passage.lost[:_LONGEST], incident))
    told = [
        Loss(after=key[0], reason=examples[key][0], count=count, gate=key[2], incident=examples[key][1])
        for key, count in losses.most_common(_MOST_LOSSES)
    ]
    return Funnel(about=about, reached=dict(reached), losses=told)


def _unknown(what: str, word: str) -> str:
    return f"cannot be evaluated: this release knows no {what} {word[:40]!r}, so it counts as lost"
