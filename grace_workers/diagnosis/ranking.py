"""`rank`: the hypotheses of all engines in one order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from grace_workers.diagnosis.cause_file import Cause, Says
from grace_workers.diagnosis.diagnosis import Diagnosis, EngineKind, Hypothesis
from grace_workers.diagnosis.engine import Engine
from grace_workers.diagnosis.findings import Findings
from grace_workers.diagnosis.ground import taken
from grace_workers.foundation.document import JsonValue


def rank(findings: Findings, engines: Iterable[Engine]) -> Diagnosis:
    """Return the diagnosis: best hypothesis first, and each cause of a subject once.

    Hypotheses that current readings show come before those from words or memory. Then the order is by confidence,
    by strength, by the ladder from knowledge to models, and by the order in which the engines proposed them. At equal
    confidence, a cause that explains all readings that show another and more of them goes before that other: a
    process that has ended while its jobs wait is a crashed agent before it is a process that is down. Where both
    explain the same readings, the one that the signal names goes first. Last, a cause to which a signal points goes
    before those of its subject that it leads to, unless these have more confidence, or readings could show it and only
    show the other.
    """
    merged: dict[tuple[object, ...], Hypothesis] = {}
    for engine in engines:
        for hypothesis in engine.propose(findings):
            key = (hypothesis.cause, hypothesis.subject, _key(hypothesis.bindings))
            merged[key] = _merge(merged[key], hypothesis) if key in merged else hypothesis
    in_order = _more_specific_first(sorted(merged.values(), key=_place), findings)
    return Diagnosis(hypotheses=tuple(_effects_last(in_order, findings)), evidence=findings.evidence)


def kept_in_order(calibrated: Diagnosis, ranked: Diagnosis, findings: Findings) -> Diagnosis:
    """Return `calibrated`, the same hypotheses as `ranked`, with none less sure than another that it explains.

    A confidence from outcomes says how often the engine was right, about whatever. That of another engine must not put
    what a cause explains before the cause, if readings show both or neither.
    """
    order = ranked.hypotheses
    mine = [_explained(one, findings) if one.measured else frozenset[int]() for one in order]
    sure = list(calibrated.hypotheses)
    for at in reversed(range(len(order))):
        explained = [
            sure[after].confidence
            for after in range(at + 1, len(order))
            if order[at].measured == order[after].measured
            and (
                _explains(order[at], order[after], findings)
                or _is_more_specific(order[at], mine[at], order[after], mine[after])
            )
        ]
        sure[at] = replace(sure[at], confidence=max([sure[at].confidence, *explained]))
    return replace(calibrated, hypotheses=tuple(sure))


def _place(hypothesis: Hypothesis) -> tuple[bool, float, int, int]:
    engine = list(EngineKind).index(hypothesis.engine)
    return not hypothesis.measured, -hypothesis.confidence, -hypothesis.strength, engine


def _more_specific_first(in_order: Iterable[Hypothesis], findings: Findings) -> Sequence[Hypothesis]:
    placed: list[tuple[Hypothesis, frozenset[int]]] = []
    for one in in_order:
        mine = _explained(one, findings) if one.measured else frozenset()
        general = (place for place, (other, theirs) in enumerate(placed) if _is_more_specific(one, mine, other, theirs))
        placed.insert(next(general, len(placed)), (one, mine))
    return [one for one, _ in placed]


def _is_more_specific(one: Hypothesis, mine: frozenset[int], other: Hypothesis, theirs: frozenset[int]) -> bool:
    """Return whether it is as sure as the other, and explains more readings, or the same ones and is named."""
    says_more = theirs < mine or (theirs == mine and _is_named(one) and not _is_named(other))
    return bool(theirs) and one.confidence == other.confidence and says_more


def _effects_last(in_order: Iterable[Hypothesis], findings: Findings) -> Sequence[Hypothesis]:
    """Return the hypotheses with each that a signal points to before those that it explains. Circles do not load."""
    rest, placed = list(in_order), list[Hypothesis]()

    def place(one: Hypothesis) -> None:
        if one in rest:
            rest.remove(one)
            for other in [other for other in rest if _explains(other, one, findings)]:
                place(other)
            placed.append(one)

    while rest:
        place(rest[0])
    return placed


def _explains(one: Hypothesis, other: Hypothesis, findings: Findings) -> bool:
    cause, effect = findings.causes.get(one.cause), findings.causes.get(other.cause)
    if cause is None or effect is None or one.subject != other.subject or not _is_named(one):
        return False
    explains = cause.explains(effect) or f"cause:{other.cause}" in one.evidence
    if one.cause == other.cause or one.confidence < other.confidence or not explains:
        return False
    return one.measured or not other.measured or not _was_read(cause, one, findings)


def _was_read(cause: Cause, one: Hypothesis, findings: Findings) -> bool:
    """Return whether a reading was taken that could show the cause."""
    subject = findings.subjects.get(one.subject)
    deciding = (measure for measure in cause.measures if measure.says is not Says.ALLOWS)
    return subject is not None and any(
        True for measure in deciding for _ in taken(cause, measure, findings, subject, one.bindings)
    )


def _is_named(hypothesis: Hypothesis) -> bool:
    """Return whether a signal points to the cause."""
    return f"cause:{hypothesis.cause}" in hypothesis.evidence


def _explained(hypothesis: Hypothesis, findings: Findings) -> frozenset[int]:
    """Return the places, in the evidence, of the readings that show the cause."""
    cause = findings.causes.get(hypothesis.cause)
    subject = findings.subjects.get(hypothesis.subject)
    if cause is None or subject is None:
        return frozenset()
    shown = {
        id(reading.evidence)
        for measure in cause.measures
        for reading in taken(cause, measure, findings, subject, hypothesis.bindings)
        if reading.holds
    }
    return frozenset(place for place, one in enumerate(findings.evidence) if id(one) in shown)


def _merge(one: Hypothesis, other: Hypothesis) -> Hypothesis:
    """Merge two hypotheses that agree: the better founded one, with the reasons and the evidence of both."""
    better, lesser = (one, other) if _place(one)[2:] <= _place(other)[2:] else (other, one)
    return replace(
        better,
        reasoning=f"{better.reasoning}; also {lesser.reasoning}",
        evidence=tuple(dict.fromkeys((*better.evidence, *lesser.evidence))),
        measured=better.measured or lesser.measured,
    )


def _key(bindings: Mapping[str, JsonValue]) -> Sequence[tuple[str, str]]:
    return tuple(sorted((name, repr(value)) for name, value in bindings.items()))
