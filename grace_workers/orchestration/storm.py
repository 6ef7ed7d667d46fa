"""What people see of the fleet's load, and how they lift a brake."""

from grace_workers.audit import Entry
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import InputError
from grace_workers.governance import Brake, Load
from grace_workers.orchestration.events.topics.brake_changed import DEFINITION as BRAKE_CHANGED
from grace_workers.orchestration.events.topics.brake_changed import brake_changed
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.stores.storm import LoadQuery, StormStore


def load(ledger: LineLedger, clock: Clock) -> Load:
    """Return what is in progress, what is down, and which brakes are on."""
    with ledger.transaction() as tx:
        return tx[StormStore].load(LoadQuery(), clock.now())


def lift(ledger: LineLedger, clock: Clock, scope: str, *, by: str, reason: str) -> Brake:
    """Let the fleet act by itself in a scope again. Its count begins at 0.

    Raises:
        InputError: no reason was given.
        NotFoundError: no brake is on there.
    """
    if not reason.strip():
        raise InputError("lifting a brake needs a reason; say what you looked at")
    now = clock.now()
    with ledger.transaction() as tx:
        store = tx[StormStore]
        store.lock()
        brake = store.lift(scope, by=by, at=now)
        tx.events.publish(BRAKE_CHANGED, brake_changed(brake, on=False, by=by, reason=reason))
        tx.audit.append(
            Entry(
                at=now,
                actor=by,
                action="storm.lifted",
                subject=f"storm:{scope}",
                outcome="off",
                data={"reason": reason, "why": brake.why},
            )
        )
    return brake
