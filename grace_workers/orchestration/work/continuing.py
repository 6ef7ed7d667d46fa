"""Signals that share only the key with an earlier one: they belong to that one's condition."""

from collections.abc import Sequence
from dataclasses import replace

from grace_workers.foundation.redaction import starred
from grace_workers.orchestration.stores import LineLedger
from grace_workers.signals import Condition, Signal


def continued(ledger: LineLedger, signals: Sequence[Signal]) -> Sequence[Signal]:
    """Return the signals with target and signature of what each continues; one that continues nothing is unchanged.

    Raises:
        TransientError: the database is unreachable.
    """
    # Keys are stored without secrets, so the lookup leaves them out too.
    keys = {one.id: starred(one.continues) for one in signals if one.continues and one.target is None}
    if not keys:
        return signals
    with ledger.transaction() as tx:
        known = tx.signals.known(sorted(set(keys.values())))
    return [_of(one, known[keys[one.id]].condition) if keys.get(one.id) in known else one for one in signals]


def _of(signal: Signal, condition: Condition | None) -> Signal:
    return signal if condition is None else replace(signal, target=condition.target, signature=condition.signature)
