"""The funnel: how far signals came, and why each that led to nothing was lost. Read in two statements, then counted.

Nothing is taken for success that cannot be read: a word that this release does not know counts as lost where it stands,
and the reason says so.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from grace_workers.foundation.clock import Clock
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.orchestration.dossier import Closing, Fate
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.stores.funnel import ArrivedSignals, FunnelStore, IncidentPath
from grace_workers.signals import IncidentState, mask

MOST = 5_000
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
    passed = [(one.incident, one.count, passage_of_signals(one, paths)) for one in arrived]
    conditions: dict[str, list[tuple[IncidentId | None, int, Passage]]] = defaultdict(list)
    for one, passage in zip(arrived, passed, strict=True):
        conditions[f"{one.signature} on {one.target or 'no target'}"].append(passage)
    each = [_funnel(name, _tallied(members)) for name, members in conditions.items()]
    each.sort(key=lambda one: (-one.reached[FunnelStage.RECEIVED], one.about))
    return SignalFunnel(
        since=since,
        whole=_funnel("all signals", _tallied(passed)),
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
    foreign = [_foreign(path) for path in paths]
    of_all = _tallied((path.id, 1, passage) for path, passage in zip(paths, foreign, strict=True))
    found = [
        _funnel(name, _with_own(of_all, name, frozenset(causes), paths, foreign)) for name, causes in playbooks.items()
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
    if causes.isdisjoint(path.causes):
        return _foreign(path)
    own = next(
        (one for one in path.considered if one.startswith(tuple(f"{playbook} for {name}: " for name in causes))), None
    )
    if own is not None:
        return Passage(reached=FunnelStage.DIAGNOSED, lost=own.partition(": ")[2])
    if path.playbook is not None:
        return Passage(reached=FunnelStage.DIAGNOSED, lost=f"{path.playbook} was chosen instead")
    return Passage(reached=FunnelStage.CORRELATED, lost=passage_of_incident(path).lost or "it was not considered")


def _foreign(path: IncidentPath) -> Passage:
    """Return how far a playbook came that is for none of the incident's causes."""
    named = ", ".join(path.causes[:3])
    why = "a person asked for another playbook" if path.requested else f"no cause of it: {named or 'none found'}"
    return Passage(reached=FunnelStage.RECEIVED, lost=why)


@dataclass(frozen=True, slots=True)
class _Tally:
    """How many passed in which way, and an incident of each."""

    counts: Counter[Passage]
    examples: Mapping[Passage, IncidentId | None]


def _tallied(members: Iterable[tuple[IncidentId | None, int, Passage]]) -> _Tally:
    counts: Counter[Passage] = Counter()
    examples: dict[Passage, IncidentId | None] = {}
    for incident, count, passage in members:
        counts[passage] += count
        if passage not in examples:
            examples[passage] = incident
    return _Tally(counts, examples)


def _with_own(
    of_all: _Tally, name: str, causes: frozenset[str], paths: Sequence[IncidentPath], foreign: Sequence[Passage]
) -> _Tally:
    """Return the tally of a playbook: that of all incidents, except for those that it is for."""
    mine = [at for at, path in enumerate(paths) if path.playbook == name or not causes.isdisjoint(path.causes)]
    own = _tallied((paths[at].id, 1, passage_of_playbook(name, causes, paths[at])) for at in mine)
    counts = of_all.counts - Counter(foreign[at] for at in mine) + own.counts
    return _Tally(counts, {**of_all.examples, **own.examples})


def _funnel(about: str, tally: _Tally) -> Funnel:
    reached: Counter[FunnelStage] = Counter()
    for passage, count in tally.counts.items():
        reached[passage.reached] += count
    return Funnel(about=about, reached=_at_least(reached), losses=_losses(tally))


def _at_least(last: Mapping[FunnelStage, int]) -> Mapping[FunnelStage, int]:
    """Return how many reached each stage, by how many ended there."""
    return {stage: sum(last.get(later, 0) for later in _STAGES[at:]) for at, stage in enumerate(_STAGES)}


def _losses(tally: _Tally) -> Sequence[Loss]:
    """Return the losses, those of one reason together whatever figures are in it."""
    alike: dict[tuple[FunnelStage, str, str | None], Loss] = {}
    for passage, count in tally.counts.items():
        if passage.lost is None:
            continue
        reason, example = passage.lost[:_LONGEST], tally.examples[passage]
        key = (passage.reached, mask(reason), passage.gate)
        loss = Loss(after=passage.reached, reason=reason, count=0, gate=passage.gate, incident=example)
        known = alike.get(key, loss)
        alike[key] = replace(known, count=known.count + count)
    return sorted(alike.values(), key=lambda one: (-one.count, one.reason))[:_MOST_LOSSES]


def _unknown(what: str, word: str) -> str:
    return f"cannot be evaluated: this release knows no {what} {word[:40]!r}, so it counts as lost"
