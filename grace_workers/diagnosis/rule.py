"""`Rule`: code that infers a cause if bounds of readings are not enough. One rule is one file in `rules/`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from grace_workers.diagnosis.diagnosis import CauseName, EngineKind, Evidence, Hypothesis, Strength, Subject
from grace_workers.diagnosis.findings import Findings
from grace_workers.foundation.catalog import Reference
from grace_workers.foundation.document import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Infers `cause` from readings of the checks that it `reads`.

    `infer` is pure and returns the hypotheses about one subject, the one to try first at the front. `binds` are the
    names of the bindings that it gives to playbooks.
    """

    name: str
    summary: str
    cause: CauseName
    reads: Sequence[str]
    infer: Callable[[Findings, Subject], Iterable[Hypothesis]]
    binds: Sequence[str] = ()

    def references(self) -> Iterator[Reference]:
        """Yield the cause and the checks that it names."""
        yield Reference("cause", self.cause)
        yield from (Reference("check", name) for name in self.reads)


def inferred(
    findings: Findings,
    cause: CauseName,
    subject: Subject,
    reasoning: str,
    evidence: Sequence[Evidence],
    bindings: Mapping[str, JsonValue] | None = None,
) -> Hypothesis:
    """Return the hypothesis that readings show a cause on a subject."""
    return Hypothesis(
        cause=cause,
        subject=subject.name,
        confidence=findings.knowledge.confidence(findings.incident.signature, cause),
        engine=EngineKind.RULES,
        reasoning=reasoning,
        evidence=tuple(f"{one.kind}:{one.subject}" for one in evidence),
        bindings=bindings or {},
        strength=Strength.MEASURED,
        measured=True,
    )
