"""Whether what a cause names is there, and whether it is recognised and refuted by its own examples."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from grace_workers.checks import EVERY_KIND, AnyCheck
from grace_workers.diagnosis.cause_file import LABEL, Cause, CauseExample, Measure
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.yaml_file import Objection, Place
from grace_workers.signals import Severity, Signal, sign

_AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What causes may name: checks, kinds of targets, roles and triggers."""

    checks: Catalog[AnyCheck]
    kinds: Collection[str]
    roles: Collection[str]
    triggers: Collection[str]


def object_to(cause: Cause, terms: Terms) -> Iterator[Objection]:
    """Yield everything in `cause` that refers to nothing, and every example that does not fit it."""
    for index, kind in enumerate(cause.kinds):
        yield from _unknown(("kinds", index), "kind", kind, terms.kinds)
    for index, role in enumerate(cause.roles):
        yield from _unknown(("roles", index), "role", role, terms.roles)
    for index, trigger in enumerate(cause.symptoms.triggers):
        yield from _unknown(("symptoms", "triggers", index), "trigger", trigger, terms.triggers)
    for index, measure in enumerate(cause.measures):
        yield from _object_to_measure(cause, ("measures", index), measure, terms)
    for name, origin in cause.bindings.items():
        yield from _object_to_binding(cause, ("bindings", name), origin, terms)
    for index, example in enumerate(cause.examples):
        yield from _object_to_example(cause, ("examples", index), example)


def _unknown(place: Place, kind: str, name: str, known: Collection[str]) -> Iterator[Objection]:
    if name not in known:
        yield Objection(place, f"names unknown {kind} {name!r}; known: {', '.join(known) or 'none'}")


def _object_to_measure(cause: Cause, place: Place, measure: Measure, terms: Terms) -> Iterator[Objection]:
    at: Place = (*place, "check")
    if measure.check not in terms.checks:
        yield from _unknown(at, "check", measure.check, terms.checks.names)
        return
    check = terms.checks[measure.check]
    if check.unit is None:
        yield Objection(at, f"check {check.name!r} reads a list of facts; a measure needs a check that reads a number")
    anywhere = measure.near or not cause.kinds or check.evidence_for == EVERY_KIND
    if not check.evidence_for or not (anywhere or set(check.evidence_for) & set(cause.kinds)):
        evidence = ", ".join(check.evidence_for) or "no kind of target"
        words = f"is evidence for {evidence}, and the cause is of {', '.join(cause.kinds) or 'any kind'}"
        yield Objection(at, f"check {check.name!r} {words}; name another check or kind")


def _object_to_binding(cause: Cause, place: Place, origin: str, terms: Terms) -> Iterator[Objection]:
    where, _, key = origin.partition(".")
    measured = dict.fromkeys(measure.check for measure in cause.measures)
    if where == LABEL:
        return
    if where not in measured:
        yield from _unknown(place, "measure", where, measured)
    elif where in terms.checks:
        yield from _unknown(place, f"param of {where}", key, list(terms.checks[where].params.model_fields))


def _object_to_example(cause: Cause, place: Place, example: CauseExample) -> Iterator[Objection]:
    if example.signal is not None:
        signal = _signal(example.signal.name, example.signal.summary, example.signal.text)
        if cause.seen_in(signal) is None:
            yield Objection((*place, "signal"), "this signal does not point to the cause; add a symptom or words")
    checks = {measure.check for measure in cause.measures}
    for field, readings in (("readings", example.readings), ("refuted_by", example.refuted_by)):
        for name in readings:
            yield from _unknown((*place, field, name), "measure", name, sorted(checks))
    if example.readings and not (cause.is_proposed_by_readings and _shown(cause, example.readings)):
        yield Objection((*place, "readings"), "these readings do not show the cause; correct them or its measures")
    if example.refuted_by and not _refuted(cause, example.refuted_by):
        yield Objection((*place, "refuted_by"), "these readings do not refute the cause; correct them or its measures")


def _shown(cause: Cause, readings: Mapping[str, float]) -> bool:
    return all(one.check in readings and one.holds(readings[one.check], {}) for one in cause.measures)


def _refuted(cause: Cause, readings: Mapping[str, float]) -> bool:
    return any(one.check in readings and not one.holds(readings[one.check], {}) for one in cause.measures)


def _signal(name: str, summary: str, text: str | None) -> Signal:
    return Signal(
        source="example",
        name=name,
        target=None,
        severity=Severity.ERROR,
        summary=summary,
        text=text,
        signature=sign(name),
        delivery_key="example",
        observed_at=_AT,
    )
