"""A goal's spent error budget lets every plan wait for a person, until it has recovered."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from grace_workers.actions import Domain
from grace_workers.foundation.document import JsonValue
from grace_workers.governance import EVERY_PLAYBOOK, AutonomyLevel, AutonomyPolicy, Standing
from grace_workers.orchestration.autonomy import BY_ITSELF, put_level
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.autonomy import AutonomyStore

MEMORY = "autonomy.budgets"


def follow_budgets(tx: LineTransaction, policy: AutonomyPolicy, spent: Sequence[str], now: datetime) -> None:
    """Lower every domain that acts without being asked to L2 once a budget is spent, and raise it again afterwards.

    A level that anything else has changed meanwhile stays. Repeating it changes nothing.
    """
    held = tx.cycle_states.read(MEMORY)
    lowered: dict[str, JsonValue] = dict(held) if isinstance(held, Mapping) else {}
    if bool(lowered) is bool(spent):
        return
    tx[AutonomyStore].lock()
    after = _lower(tx, policy, spent, now) if spent else _raise(tx, policy, lowered, now)
    tx.cycle_states.write(MEMORY, after, now)


def _lower(tx: LineTransaction, policy: AutonomyPolicy, spent: Sequence[str], now: datetime) -> dict[str, JsonValue]:
    """Return the level that each lowered domain had; one that had none had its ceiling."""
    goals = ", ".join(spent)
    before: dict[str, JsonValue] = {"reason": f"the error budget of goal {goals} is spent"}
    for domain in Domain:
        standing = _standing(tx, policy, domain)
        if standing.level.rank > AutonomyLevel.ASK.rank:
            before[domain.value] = standing.level.value
            put_level(tx, standing, AutonomyLevel.ASK, by=BY_ITSELF, reason=str(before["reason"]), at=now)
    return before


def _raise(
    tx: LineTransaction, policy: AutonomyPolicy, lowered: Mapping[str, JsonValue], now: datetime
) -> dict[str, JsonValue]:
    for domain in Domain:
        known = tx[AutonomyStore].known(EVERY_PLAYBOOK, domain).get(EVERY_PLAYBOOK)
        ours = known is not None and (known.by, known.reason) == (BY_ITSELF, lowered["reason"])
        if ours and domain.value in lowered:
            earlier = AutonomyLevel(str(lowered[domain.value]))
            standing, reason = _standing(tx, policy, domain), "no goal's error budget is spent any more"
            put_level(tx, standing, earlier, by=BY_ITSELF, reason=reason, at=now)
    return {}


def _standing(tx: LineTransaction, policy: AutonomyPolicy, domain: Domain) -> Standing:
    known = tx[AutonomyStore].known(EVERY_PLAYBOOK, domain).get(EVERY_PLAYBOOK)
    ceiling = policy.ceiling(domain)
    level = ceiling if known is None else known.level
    return Standing(playbook=EVERY_PLAYBOOK, domain=domain, level=level, ceiling=ceiling)
