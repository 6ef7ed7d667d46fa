"""Rules: predicates over what was read, each for one cause."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from grace_workers.diagnosis.cause import BAD_FLAG, LOG_FLOOD, PROCESS_HUNG, SERVICE_KINDS, STALE_CACHE
from grace_workers.diagnosis.diagnosis import Cause, EngineKind, Evidence, Hypothesis, Strength, Subject
from grace_workers.diagnosis.engine import Engine
from grace_workers.diagnosis.findings import Findings
from grace_workers.diagnosis.measure import Ground, crossed, ground
from grace_workers.foundation.document import JsonValue

_OFF = ("off", "false", "disabled", "none", "control")
_LONGEST_LINE = 4_000


def propose(findings: Findings) -> Sequence[Hypothesis]:
    """Return what the rules say of every near subject: nearest first, within one subject in the order of the rules."""
    return [one for subject in findings.around for rule in _RULES for one in rule(findings, subject)]


def _measured(findings: Findings, subject: Subject) -> Iterator[Hypothesis]:
    for measure, one, value in crossed(findings, subject):
        of = "".join(f" of {text}" for text in one.params.values())
        bound = measure.bound_for(subject)
        reasoning = f"{subject.name}{of}: {measure.kind} is {value:g} (bound {bound:g}): {measure.words}"
        binding = measure.binding
        bound_to = {binding: one.params[binding]} if binding is not None and binding in one.params else {}
        yield _hypothesis(findings, measure.cause, subject, reasoning, [one], bindings=bound_to)


def _hung(findings: Findings, subject: Subject) -> Iterator[Hypothesis]:
    """A process that runs and does not answer hangs."""
    if subject.kind not in SERVICE_KINDS or ground(PROCESS_HUNG, findings, subject) is not Ground.SHOWN:
        return
    alive = [one for one, value in findings.numbers("alive", subject.name) if value > 0]
    silent = [
        one for near in findings.around for one, value in findings.numbers("http_status", near.name) if value == 0
    ]
    reasoning = f"{subject.name} runs, but {silent[0].subject} gives no answer"
    yield _hypothesis(findings, PROCESS_HUNG, subject, reasoning, [alive[0], silent[0]])


def _cache(findings: Findings, subject: Subject) -> Iterator[Hypothesis]:
    """Slow answers next to a cache of very many files."""
    if ground(STALE_CACHE, findings, subject) is not Ground.SHOWN:
        return
    times = [pair for near in findings.around for pair in findings.numbers("http_latency_ms", near.name)]
    slow, took = max(times, key=lambda pair: pair[1])
    held, files = next(findings.numbers("cache_files", subject.name))
    reasoning = f"{slow.subject} takes {took:.0f} ms and {subject.name} holds {files:.0f} cache files"
    yield _hypothesis(findings, STALE_CACHE, subject, reasoning, [slow, held])


def _flag(findings: Findings, subject: Subject) -> Iterator[Hypothesis]:
    """Error lines that name a flag which is on, while errors go on; most named first."""
    errors = ground(BAD_FLAG, findings, subject)
    if errors is Ground.REFUTED:
        return
    lines = findings.error_lines()
    named: list[tuple[int, Hypothesis]] = []
    for one in findings.of("flags", subject.name):
        for flag in one.value if isinstance(one.value, list) else []:
            key, off = _switched_on(flag)
            count = sum(_names(line, key) for line in lines) if key and off else 0
            if count:
                reasoning = f"{count} of {len(lines)} error lines name the flag {key}, which {subject.name} has on"
                found = _hypothesis(
                    findings, BAD_FLAG, subject, reasoning, [one], bindings={"flag": key, "variant": off}
                )
                found = replace(found, strength=Strength.MENTIONED, measured=errors is Ground.SHOWN)
                named.append((count, found))
    yield from (found for _, found in sorted(named, key=lambda pair: -pair[0]))


def _flood(findings: Findings, subject: Subject) -> Iterator[Hypothesis]:
    """A logger at DEBUG where the signals speak of logs; a summary may hold a stranger's words, a name may not."""
    debug = [one for one, value in findings.numbers("log_level_is", subject.name) if value == 1]
    by_name = any(_speaks_of_logs(one.name) for one in findings.signals)
    if debug and (by_name or any(_speaks_of_logs(one.summary) for one in findings.signals)):
        found = _hypothesis(findings, LOG_FLOOD, subject, f"{subject.name} logs at DEBUG", debug)
        yield replace(found, measured=by_name)


def _speaks_of_logs(words: str) -> bool:
    return re.search(r"(?i)\blog|log(?:s|ging)?\b", words) is not None


def _switched_on(flag: JsonValue) -> tuple[str, str | None]:
    """Return the key of a flag and its off variant; no variant when the flag is off already or has none."""
    if not isinstance(flag, dict) or not flag.get("enabled", True):
        return "", None
    variants = flag.get("variants")
    known = [str(name) for name in variants] if isinstance(variants, list | dict) else []
    off = next((name for word in _OFF for name in known if name.casefold() == word), None)
    return str(flag.get("key", "")), None if off == flag.get("variant") else off


def _names(line: str, key: str) -> bool:
    """Return whether the line holds the flag's key as words of its own; `-` and `_` in it count as equal."""
    return re.search(rf"(?<!\w){_flat(key)}(?!\w)", _flat(line[:_LONGEST_LINE])) is not None


def _flat(text: str) -> str:
    return re.sub(r"[^\w\s]", " ", text.casefold().replace("-", "_"))


def _hypothesis(
    findings: Findings,
    cause: Cause,
    subject: Subject,
    reasoning: str,
    evidence: Sequence[Evidence],
    *,
    bindings: Mapping[str, JsonValue] | None = None,
) -> Hypothesis:
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


_RULES: Sequence[Callable[[Findings, Subject], Iterator[Hypothesis]]] = (_measured, _flag, _hung, _cache, _flood)

DEFINITION = Engine(
    name="rules",
    kind=EngineKind.RULES,
    summary="Predicates over what was read on the complaining target and its dependencies",
    propose=propose,
)
