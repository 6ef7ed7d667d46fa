"""The score of playbooks in shadow mode: what they would have done, beside how the incidents ended without them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.foundation.clock import Clock
from grace_workers.orchestration.dossier import Closing
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.stores.shadows import ShadowDecision, ShadowOutcome, ShadowStore

MOST = 5_000
_MOST_RUNS = 20
_LEFT_TO_PEOPLE = frozenset({Closing.ESCALATED.value, Closing.REFUSED.value, Closing.RESTORED.value})
_BY_ITSELF = frozenset({Closing.RESOLVED.value, Closing.DISMISSED.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowScore:
    """The score of one playbook.

    `decisions` count how far it would have come, `gates` which gate would have refused it. Of those that would have
    been granted or asked: `needed` were unmet expectations at that time, and the incident was `left_to_people`,
    `healed_otherwise`, ended `by_itself`, or is `under_way`. `runs` are the newest.
    """

    playbook: str
    fired: int
    decisions: Mapping[ShadowDecision, int]
    gates: Mapping[str, int]
    needed: int
    left_to_people: int
    healed_otherwise: int
    by_itself: int
    under_way: int
    runs: Sequence[ShadowOutcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowScores:
    """The scores since a time; not `complete` if older runs were left out."""

    since: datetime
    scores: Sequence[ShadowScore]
    complete: bool


def shadow_scores(
    ledger: LineLedger, clock: Clock, period: timedelta, *, playbook: str | None = None, limit: int = MOST
) -> ShadowScores:
    """Return the score of each playbook that watched in the last `period`, by name."""
    since = clock.now() - period
    with ledger.transaction() as tx:
        found = tx[ShadowStore].since(since, playbook=playbook, limit=limit)
    each: dict[str, list[ShadowOutcome]] = defaultdict(list)
    for one in found:
        each[one.run.playbook].append(one)
    scores = [_score(name, runs) for name, runs in sorted(each.items())]
    return ShadowScores(since=since, scores=scores, complete=len(found) < limit)


def _score(name: str, runs: Sequence[ShadowOutcome]) -> ShadowScore:
    decisions = Counter(one.run.decision for one in runs)
    acting = [one for one in runs if one.run.decision in {ShadowDecision.GRANTED, ShadowDecision.ASKED}]
    ends = Counter(_end(one) for one in acting)
    return ShadowScore(
        playbook=name,
        fired=len(runs),
        decisions={decision: decisions[decision] for decision in ShadowDecision},
        gates=dict(Counter(one.run.gate for one in runs if one.run.gate is not None)),
        needed=sum(one.run.needed is True for one in acting),
        left_to_people=ends["people"],
        healed_otherwise=ends["healed"],
        by_itself=ends["itself"],
        under_way=ends["under way"],
        runs=runs[:_MOST_RUNS],
    )


def _end(one: ShadowOutcome) -> str:
    if one.closing is None:
        return "under way"
    if one.closing in _LEFT_TO_PEOPLE:
        return "people"
    return "itself" if one.closing in _BY_ITSELF else "healed"
