"""Naming and ending stand-ins, and whose places someone may take now."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from grace_workers.audit import Entry
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import InputError
from grace_workers.governance import Role, StandIn, named, same_person, standing_role, stands_in_for
from grace_workers.orchestration.stores import LineLedger, LineTransaction
from grace_workers.orchestration.stores.stand_ins import StandInStore
from grace_workers.orchestration.stores.tokens import Token


def name(ledger: LineLedger, clock: Clock, one: StandIn, *, persons: Collection[str] = ()) -> StandIn:
    """Keep a stand-in and record it. `persons` are those who may answer without a token.

    Raises:
        InputError: the span does not fit, there is no reason, or no one of this name may answer anything.
    """
    now = clock.now()
    named(one, now)
    with ledger.transaction() as tx:
        able = [token.person for token in _valid(tx, clock) if token.role.includes(Role.OPERATOR)]
        if not any(same_person(one.stand_in, each) for each in (*able, *persons)):
            raise InputError(
                f"{one.stand_in[:80]!r} could not answer: no one of this name has a token of an operator or above, "
                f"or is among people.persons; correct the name"
            )
        tx[StandInStore].add(one)
        tx.audit.append(
            Entry(
                at=now,
                actor=one.approver,
                action="stand_in.named",
                subject=f"stand-in:{one.id}",
                outcome="named",
                data={
                    "stand_in": one.stand_in,
                    "role": one.role.value,
                    "starts_at": one.starts_at.isoformat(),
                    "ends_at": one.ends_at.isoformat(),
                    "reason": one.reason,
                },
            )
        )
    return one


def end(ledger: LineLedger, clock: Clock, wanted: UUID, *, by: str, reason: str) -> StandIn:
    """End the span at once.

    Raises:
        NotFoundError: there is none of this id.
        InputError: no reason was given.
    """
    if not reason.strip():
        raise InputError("ending a stand-in's span needs a reason; give one that others understand")
    now = clock.now()
    with ledger.transaction() as tx:
        found = tx[StandInStore].load(wanted)
        tx[StandInStore].end(wanted, now)
        data = {"approver": found.approver, "stand_in": found.stand_in, "reason": reason}
        subject = f"stand-in:{wanted}"
        tx.audit.append(Entry(at=now, actor=by, action="stand_in.ended", subject=subject, outcome="ended", data=data))
    return replace(found, ends_at=min(found.ends_at, now))


def stand_in(ledger: LineLedger, wanted: UUID) -> StandIn:
    """Return one. Raises NotFoundError."""
    with ledger.transaction() as tx:
        return tx[StandInStore].load(wanted)


def stand_ins(ledger: LineLedger, clock: Clock) -> Sequence[StandIn]:
    """Return those that hold now or will later."""
    with ledger.transaction() as tx:
        return tx[StandInStore].open(clock.now())


def places(tx: LineTransaction, clock: Clock, who: str, role: Role) -> tuple[Role, tuple[str, ...]]:
    """Return the role with which someone may answer now, and for whom they stand in.

    An approver whose tokens are all revoked or expired, or of a lower role by now, gives no role any more. The two
    still count as one person.
    """
    found = stands_in_for(who, tx[StandInStore].open(clock.now()), clock.now())
    valid = _valid(tx, clock) if found else ()
    able = [one for one in found if any(_gives(token, one) for token in valid)]
    return standing_role(role, able), tuple(one.approver for one in found)


def role_of(ledger: LineLedger, clock: Clock, who: str, role: Role) -> Role:
    """Return the role with which someone may answer now."""
    with ledger.transaction() as tx:
        return places(tx, clock, who, role)[0]


def _gives(token: Token, one: StandIn) -> bool:
    return same_person(token.person, one.approver) and token.role.includes(one.role)


def _valid(tx: LineTransaction, clock: Clock) -> Sequence[Token]:
    now = clock.now()
    held = [one for one in tx.tokens.all() if one.revoked_at is None]
    return [one for one in held if one.expires_at is None or one.expires_at > now]
