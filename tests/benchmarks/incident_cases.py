"""Incidents that others wrote down, as folders of JSON, diagnosed as a fresh installation would.

`python -m tests.benchmarks.incident_cases FOLDER [--quiet]`. A case is a folder with `alert.json` (labels, annotations,
a state), files of metrics (series with a name and values, oldest first), of events and lines (messages with their
times and levels), of pods and deployments, and, to be scored, `answer.yml` with a `root_cause_category`. What a driver
would read of the target now is taken from the newest values and the objects; where a figure needs a limit that no
series has, from what the texts of the case say of it (`469 of 500`, `98 % of max`). Scored are the categories, and how
many cases are healthy but are given a cause that readings show.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.diagnosis import (
    Evidence,
    Findings,
    Hypothesis,
    Subject,
    load_causes,
    rank,
    shipped_causes,
)
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.signals import Incident, Severity, Signal, plain_signals
from tests.benchmarks.incident_reading import THEIRS, Case, Message, read_case, readings

HEALTHY = "healthy"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TARGET = TargetName("subject")
# Which of our drivers reads what they wrote about, by a word of the engine or of a series.
KINDS = {
    "postgres": "postgres",
    "mysql": "postgres",
    "redis": "redis",
    "celery": "celery",
    "linux": "host",
    "rds": "postgres",
}


def signals_of_case(case: Case) -> Sequence[Signal]:
    """Return the alert, and what lines and events said about the same time."""
    name = case.labels.get("alertname") or str(case.alert.get("title", "alert"))
    said = {"name": name, "summary": case.annotations.get("summary", "")[:2_000], "labels": case.labels}
    told = {"annotations": {key: case.annotations[key] for key in case.annotations if key in {"error", "description"}}}
    alert = {**said, "attributes": told, "target": TARGET}
    events = [_event(one) for one in case.told]
    return plain_signals([alert, *events], NOW)


def _event(message: Message) -> dict[str, object]:
    said = f"{message.reason}: {message.text}" if message.reason else message.text
    first, _, rest = said.partition("\n")
    text = {"text": said[:8_000]} if rest else {}
    return {"name": "event", "summary": first[:2_000], "target": TARGET, **text}


def kinds_of_case(case: Case) -> Sequence[str]:
    """Return the kinds of what they wrote about: that of the alert, and then of what it runs on."""
    named = [kind for word, kind in KINDS.items() if word in case.technology]
    cluster = ["kubernetes"] if case.is_of_a_cluster else []
    return list(dict.fromkeys((*named, *cluster))) or ["process"]


def _subjects(case: Case) -> Iterator[Subject]:
    """Yield the target, and what it depends on."""
    kinds = kinds_of_case(case)
    names = [TARGET, *(TargetName(f"its-{kind}") for kind in kinds[1:])]
    for name, kind in zip(names, kinds, strict=True):
        driver = catalogs().drivers[kind]
        roles = frozenset(role.__name__ for role in (*driver.roles, *driver.optional))
        depends_on = tuple(names[1:]) if name == TARGET else ()
        yield Subject(name=name, kind=TargetKind(kind), roles=roles, depends_on=depends_on)


def _read_from(check: str, subjects: Mapping[TargetName, Subject]) -> TargetName:
    """Return the first that plays the role of a check; the target itself, as another driver of it may, if none does."""
    role = catalogs().checks[check].role.__name__
    return next((one.name for one in subjects.values() if role in one.roles), TARGET)


def diagnose_case(case: Case) -> Sequence[Hypothesis]:
    """Return the hypotheses of a fresh installation, best first; none where nothing is wrong."""
    if not case.firing:
        return ()
    known = catalogs()
    told = signals_of_case(case)
    subjects = {one.name: one for one in _subjects(case)}
    incident = Incident(
        target=TARGET,
        signature=told[0].signature,
        severity=Severity.ERROR,
        title=told[0].name,
        opened_at=NOW,
        last_signal_at=NOW,
        updated_at=NOW,
    )
    evidence = (
        *(
            Evidence(kind=check, subject=_read_from(check, subjects), value=value, observed_at=NOW, source="case")
            for check, value in readings(case).items()
        ),
        Evidence(
            kind="deployments",
            subject=TARGET,
            value=[{"title": one.text, "seconds_before": 0} for one in case.reported],
            observed_at=NOW,
            source="case",
        ),
    )
    findings = Findings(
        incident=incident,
        signals=tuple(told),
        evidence=evidence,
        causes=load_causes([shipped_causes()], known.terms),
        subjects=subjects,
    )
    return rank(findings, known.engines).hypotheses


def category(hypotheses: Sequence[Hypothesis]) -> str:
    """Return the category of the first cause."""
    if not hypotheses:
        return HEALTHY
    found = load_causes([shipped_causes()], catalogs().terms)[hypotheses[0].cause].category
    return THEIRS.get(found.value, found.value) if found else "none"


def main() -> None:
    """Diagnose every case of a folder and print the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--quiet", action="store_true", help="the score alone")
    options = parser.parse_args()
    cases = [read_case(path.parent) for path in sorted(options.folder.rglob("alert.json"))]
    right = acted = 0
    for case in cases:
        found = diagnose_case(case)
        right += category(found) == case.answer
        acted += case.answer == HEALTHY and any(one.measured for one in found)
        if not options.quiet:
            print(f"{case.name}: {category(found)} (answer {case.answer}); {dict(readings(case))}")
            for one in found[:3]:
                print(f"    {one.cause}{' (measured)' if one.measured else ''}: {one.reasoning[:100]}")
    healthy = sum(case.answer == HEALTHY for case in cases)
    print(f"{right} of {len(cases)} categories right; actions on {acted} of {healthy} healthy ones")


if __name__ == "__main__":
    main()
