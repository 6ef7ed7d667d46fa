"""Whether what a cause names exists, and whether its own examples point to it and refute it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from grace_workers.checks import EVERY_KIND, AnyCheck
from grace_workers.diagnosis.by_hand import object_to_by_hand
from grace_workers.diagnosis.cause_example import CauseExample, Told
from grace_workers.diagnosis.cause_file import LABEL, Cause, Measure
from grace_workers.diagnosis.recognising import SignalWords
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.errors import GraceError
from grace_workers.foundation.yaml_file import Objection, Place
from grace_workers.signals import Severity, Signal, Source, sign

_AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What causes may name: checks, kinds of targets, roles, triggers and, in examples, sources.

    `inferred` are the bindings that rules give, by cause.
    """

    checks: Catalog[AnyCheck]
    kinds: Collection[str]
    roles: Collection[str]
    triggers: Collection[str]
    sources: Catalog[Source]
    inferred: Mapping[str, Collection[str]]


def object_to(cause: Cause, terms: Terms, causes: Collection[str]) -> Iterator[Objection]:
    """Yield everything in `cause` that refers to nothing, and every example that does not fit it.

    `causes` are the names of all.
    """
    for index, kind in enumerate(cause.kinds):
        yield from _unknown(("kinds", index), "kind", kind, terms.kinds)
    for index, role in enumerate(cause.roles):
        yield from _unknown(("roles", index), "role", role, terms.roles)
    for index, trigger in enumerate(cause.symptoms.triggers):
        yield from _unknown(("symptoms", "triggers", index), "trigger", trigger, terms.triggers)
    for index, measure in enumerate(cause.measures):
        yield from _object_to_measure(cause, ("measures", index), measure, terms)
    for index, effect in enumerate(cause.leads_to):
        yield from _unknown(("leads_to", index), "cause", effect, causes)
    for name, origin in cause.bindings.items():
        yield from _object_to_binding(cause, ("bindings", name), origin, terms)
    if cause.by_hand is not None:
        yield from object_to_by_hand(cause.by_hand, {*cause.bindings, *terms.inferred.get(cause.name, ())})
    for index, example in enumerate(cause.examples):
        yield from _object_to_example(cause, ("examples", index), example, terms)
    for index, other in enumerate(cause.counterexamples):
        yield from _object_to_counterexample(cause, ("counterexamples", index), other, terms)


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


def _object_to_example(cause: Cause, place: Place, example: CauseExample, terms: Terms) -> Iterator[Objection]:
    if example.ways:
        seen = _seen(cause, example, terms)
        if isinstance(seen, str):
            yield Objection(place, seen)
        elif not seen:
            yield Objection(place, "this signal does not point to the cause; add a symptom or words")
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


def _object_to_counterexample(cause: Cause, place: Place, other: Told, terms: Terms) -> Iterator[Objection]:
    seen = _seen(cause, other, terms)
    if isinstance(seen, str):
        yield Objection(place, seen)
    for words in seen if isinstance(seen, list) else ():
        yield Objection(place, f"this signal points to the cause, because {words}; narrow its symptoms and words")


def _seen(cause: Cause, told: Told, terms: Terms) -> list[str] | str:
    """Return what in the signals points to the cause, or why there is no signal."""
    try:
        signals = signals_of(told, terms.sources)
    except GraceError as error:
        return f"cannot be read: {error}"
    if not signals:
        return "brings no signal; give one that the source takes"
    return [seen.says for one in signals if (seen := cause.seen_in(SignalWords(one))) is not None]


def signals_of(told: Told, sources: Catalog[Source]) -> Sequence[Signal]:
    """Return the signals in the delivery. Raises InputError, NotFoundError for an unknown source."""
    if told.delivery is not None:
        source = sources[told.delivery.source]
        return source.parse(replace(source.example.delivered(_AT), body=told.delivery.raw)).signals
    if told.log is not None:
        first = next((line.strip() for line in told.log.splitlines() if line.strip()), "")
        return [_signal("ERROR app.log", first, told.log)]
    return [] if told.signal is None else [_signal(told.signal.name, told.signal.summary, told.signal.text)]


def _signal(name: str, summary: str, text: str | None) -> Signal:
    return Signal(
        source="example",
        name=name,
        target=None,
        severity=Severity.ERROR,
        summary=summary,
        text=text,
        signature=sign(name, text=text),
        delivery_key="example",
        observed_at=_AT,
    )
