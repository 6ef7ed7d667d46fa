"""Error lines that name a flag which is on."""

import re
from collections.abc import Iterator
from dataclasses import replace

from grace_workers.diagnosis.diagnosis import CauseName, Hypothesis, Strength, Subject
from grace_workers.diagnosis.findings import Findings
from grace_workers.diagnosis.ground import Ground, ground
from grace_workers.diagnosis.rule import Rule, inferred
from grace_workers.foundation.document import JsonValue

_CAUSE = CauseName("bad_flag")
_CHECK = "flags"
_OFF = ("off", "false", "disabled", "none", "control")
_LONGEST_LINE = 4_000


def infer(findings: Findings, subject: Subject) -> Iterator[Hypothesis]:
    """Yield the flags that error lines name while errors continue; most frequent first."""
    errors = ground(_CAUSE, findings, subject)
    if errors is Ground.REFUTED:
        return
    lines = findings.error_lines()
    named: list[tuple[int, Hypothesis]] = []
    for one in findings.of(_CHECK, subject.name):
        for flag in one.value if isinstance(one.value, list) else []:
            key, off = _switched_on(flag)
            count = sum(_names(line, key) for line in lines) if key and off else 0
            if count:
                reasoning = f"{count} of {len(lines)} error lines name the flag {key}, which {subject.name} has on"
                found = inferred(findings, _CAUSE, subject, reasoning, [one], {"flag": key, "variant": off})
                found = replace(found, strength=Strength.MENTIONED, measured=errors is Ground.SHOWN)
                named.append((count, found))
    yield from (found for _, found in sorted(named, key=lambda pair: -pair[0]))


def _switched_on(flag: JsonValue) -> tuple[str, str | None]:
    """Return the key of a flag and its off variant; no variant when the flag is already off or has none."""
    if not isinstance(flag, dict) or not flag.get("enabled", True):
        return "", None
    variants = flag.get("variants")
    known = [str(name) for name in variants] if isinstance(variants, list | dict) else []
    off = next((name for word in _OFF for name in known if name.casefold() == word), None)
    return str(flag.get("key", "")), None if off == flag.get("variant") else off


def _names(line: str, key: str) -> bool:
    """Return whether the line contains the flag's key as whole words; `-` and `_` in it count as equal."""
    return re.search(rf"(?<!\w){_flat(key)}(?!\w)", _flat(line[:_LONGEST_LINE])) is not None


def _flat(text: str) -> str:
    return re.sub(r"[^\w\s]", " ", text.casefold().replace("-", "_"))


DEFINITION = Rule(
    name="flag_in_errors",
    summary="Error lines name a feature flag that is on, and errors continue",
    cause=_CAUSE,
    reads=(_CHECK, "recent_errors"),
    binds=("flag", "variant"),
    infer=infer,
)
