"""People as the settings declare them, with their ways opened and guarded."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from grace_workers.adapters.guard import BreakerRegistry, Limits
from grace_workers.adapters.notify import kinds
from grace_workers.adapters.notify.notifier import Notifier
from grace_workers.foundation.breaker import BreakerPolicy, Rate
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.errors import InputError
from grace_workers.governance import Role
from grace_workers.orchestration.people.roster import (
    EscalationPolicy,
    EscalationStep,
    NotifyWay,
    People,
    PeopleNotice,
    Person,
)

_LIMITS = Limits(policy=BreakerPolicy(), rate=Rate(per_second=5.0, burst=20), patience=timedelta(seconds=5))


@cache
def notifiers() -> Catalog[Notifier]:
    """Return the kinds of ways."""
    return discover(kinds, Notifier, label="notifier")


class GuardedWay:
    """A way behind a circuit breaker and a rate."""

    def __init__(self, name: str, way: NotifyWay, guards: BreakerRegistry) -> None:
        self._way = way
        self._guard = guards.of(f"way:{name}", _LIMITS)

    def send(self, notice: PeopleNotice, thread: str | None) -> str | None:
        """Send, unless the other side failed too often lately."""
        return self._guard.run(lambda: self._way.send(notice, thread), lambda _thread: False)


def open_people(declared: Any, guards: BreakerRegistry) -> People:
    """Return the people that the settings declare. Raises InputError for a way that cannot be used."""
    if not declared.ways and not declared.persons:
        return People()
    ways = {name: GuardedWay(name, _way(name, said), guards) for name, said in declared.ways.items()}
    return People(
        ways=ways,
        escalations=[_escalation(one) for one in declared.escalations],
        reports=declared.reports,
        persons=[
            Person(name=one.name, role=Role(one.role), email=one.email or "", slack=one.slack or "")
            for one in declared.persons
        ],
        address=declared.address or "",
        signing_key=_secret(declared.signing_key),
        slack_secret=_secret(declared.slack_secret),
    )


def _way(name: str, said: Mapping[str, Any]) -> NotifyWay:
    known = notifiers()
    kind = str(said.get("kind", ""))
    if kind not in known:
        raise InputError(f"way {name!r}: there is no kind {kind[:40]!r}; known: {', '.join(known.names)}")
    notifier = known[kind]
    connection = notifier.connection.read({key: value for key, value in said.items() if key != "kind"}, f"way {name!r}")
    return notifier.open(connection)


def _escalation(said: Any) -> EscalationPolicy:
    steps = tuple(
        EscalationStep(ways=one.ways, after=one.after, every=one.every, times=one.times) for one in said.steps
    )
    return EscalationPolicy(name=said.name, steps=steps, severities=frozenset(said.severities), labels=said.labels)


def _secret(value: Any) -> str:
    return "" if value is None else str(value.get_secret_value())
