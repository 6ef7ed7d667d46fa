"""Incidents that others wrote down, as folders of JSON, diagnosed as a fresh installation would.

`python -m tests.benchmarks.incident_cases FOLDER [--quiet]`. A case is a folder with `alert.json` (labels, annotations,
a state), files of metrics (series with a name and values, oldest first) and of events (messages with their times), and,
to be scored, `answer.yml` with a `root_cause_category`, by whatever name. What a driver would read of the target now is
taken from the newest values, and from pods and deployments where there are any; where a figure needs a limit that no
series has, from what the texts of the case say of it (`469 of 500`, `98 % of max`). Scored are the categories, and how
many cases are healthy but are given a cause that readings show.
"""

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

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

HEALTHY = "healthy"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TARGET = TargetName("subject")
CALM = {"normal", "ok", "resolved", "inactive"}
LATELY = 3
_SHARE = re.compile(
    r"(\d+(?:\.\d+)?)\s?(?:[-\u2013]\s?(\d+(?:\.\d+)?)\s?)?%\+?\s(?:of|utili[sz]ation of)\s(?:the\s)?(?:its\s)?max"
)
_OF = re.compile(r"(?i)connections?\D{0,20}?(\d+) of (\d+)")
# What the series of a managed database are called, and which check of ours reads the same.
SPELLED = {"configuration_error": "configuration", "data_quality": "data", "dependency_failure": "dependency"}
SAME = {"ReplicaLag": "database_replica_lag_seconds"}
LEFT = {"FreeStorageSpace": "disk_used_ratio"}


@dataclass(frozen=True)
class Case:
    """One folder, read."""

    name: str
    alert: Mapping[str, Any]
    series: Mapping[str, Sequence[float]]
    messages: Sequence[str]
    parts: Sequence[bool]
    killed: int
    missing: int | None
    answer: str | None

    @property
    def firing(self) -> bool:
        """Whether the alert still says that something is wrong."""
        return str(self.alert.get("state", self.alert.get("status", "firing"))).casefold() not in CALM

    @property
    def annotations(self) -> Mapping[str, str]:
        """What the alert says in words."""
        return self.alert.get("commonAnnotations") or self.alert.get("annotations") or {}


def read_case(folder: Path) -> Case:
    """Return the case that lies in a folder."""
    alert = json.loads((folder / "alert.json").read_text())
    answer = folder / "answer.yml"
    said = yaml.safe_load(answer.read_text()) if answer.exists() else {}
    answered = said.get("root_cause_category")
    found = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json")) if path.name != "alert.json"]
    return Case(
        name=folder.name,
        alert=alert,
        series={name: values for one in found for name, values in _series(one)},
        messages=[message for one in found for message in _messages(one)],
        parts=[_is_ready(pod) for one in found for pod in _pods(one)],
        killed=sum(_out_of_memory(pod) for one in found for pod in _pods(one)),
        missing=sum(counts) if (counts := [count for one in found for count in _missing(one)]) else None,
        answer=SPELLED.get(answered, answered),
    )


def _series(found: Any) -> Iterator[tuple[str, Sequence[float]]]:
    """Yield every series in a file, wherever in it they are."""
    if isinstance(found, dict):
        name, values = found.get("metric_name", found.get("name")), found.get("values")
        if isinstance(name, str) and isinstance(values, list) and values and "timestamps" in found:
            yield name, [float(value) for value in values if value is not None]
        found = list(found.values())
    for one in found if isinstance(found, list) else ():
        yield from _series(one)


def _messages(found: Any) -> Iterator[str]:
    """Yield every message in a file."""
    if isinstance(found, dict):
        if isinstance(found.get("message"), str):
            yield found["message"]
        found = list(found.values())
    for one in found if isinstance(found, list) else ():
        yield from _messages(one)


def _pods(found: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every pod in a file that is not being deleted."""
    for one in found.get("pods", ()) if isinstance(found, dict) else ():
        if one.get("deletion_timestamp") is None:
            yield one


def _is_ready(pod: Mapping[str, Any]) -> bool:
    return all(container.get("ready") for container in pod.get("containers", ()))


def _out_of_memory(pod: Mapping[str, Any]) -> bool:
    return any("OOMKilled" in json.dumps(container) for container in pod.get("containers", ()))


def _missing(found: Any) -> Iterator[int]:
    """Yield of every deployment in a file how many of its instances are missing."""
    for one in found.get("deployments", ()) if isinstance(found, dict) else ():
        yield max(0, one.get("desired", 0) - one.get("ready", 0))


def readings(case: Case) -> Mapping[str, float]:
    """Return what the checks of a target would read now."""
    found = {SAME[name]: values[-1] for name, values in case.series.items() if name in SAME and values}
    for name, check in LEFT.items():
        values = case.series.get(name, ())
        if values and max(values):
            found[check] = 1 - sum(values[-LATELY:]) / len(values[-LATELY:]) / max(values)
    told = "\n".join((*case.annotations.values(), *case.messages))
    if match := _OF.search(told):
        found["database_connections_ratio"] = float(match[1]) / float(match[2])
    if (match := _SHARE.search(told)) and "connection" in told.casefold():
        found["database_connections_ratio"] = float(match[2] or match[1]) / 100
    if case.missing is not None:
        found["missing_instances"] = float(case.missing)
    if case.parts or case.missing is not None:
        found["parts_out_of_memory"] = float(case.killed)
        found["unhealthy_parts"] = float(case.parts.count(False) if case.parts else case.missing or 0)
    return found


def signals_of_case(case: Case) -> Sequence[Signal]:
    """Return the alert, and what events said about the same time."""
    labels = {
        key: str(value) for key, value in (case.alert.get("commonLabels") or case.alert.get("labels") or {}).items()
    }
    name = labels.get("alertname") or str(case.alert.get("title", "alert"))
    said = {"name": name, "summary": case.annotations.get("summary", "")[:2_000], "labels": labels}
    told = {"annotations": {key: case.annotations[key] for key in case.annotations if key in {"error", "description"}}}
    alert = {**said, "attributes": told, "target": TARGET}
    events = [{"name": "event", "summary": message[:2_000], "target": TARGET} for message in case.messages]
    return plain_signals([alert, *events], NOW)


def diagnose_case(case: Case) -> Sequence[Hypothesis]:
    """Return the hypotheses of a fresh installation, best first; none where nothing is wrong."""
    if not case.firing:
        return ()
    known = catalogs()
    told = signals_of_case(case)
    kind = "kubernetes" if case.parts or case.missing is not None else "postgres"
    driver = known.drivers[kind]
    roles = frozenset(role.__name__ for role in (*driver.roles, *driver.optional))
    incident = Incident(
        target=TARGET,
        signature=told[0].signature,
        severity=Severity.ERROR,
        title=told[0].name,
        opened_at=NOW,
        last_signal_at=NOW,
        updated_at=NOW,
    )
    evidence = tuple(
        Evidence(kind=check, subject=TARGET, value=value, observed_at=NOW, source="case")
        for check, value in readings(case).items()
    )
    findings = Findings(
        incident=incident,
        signals=tuple(told),
        evidence=evidence,
        causes=load_causes([shipped_causes()], known.terms),
        subjects={TARGET: Subject(name=TARGET, kind=TargetKind(kind), roles=roles)},
    )
    return rank(findings, known.engines).hypotheses


def category(hypotheses: Sequence[Hypothesis]) -> str:
    """Return the category of the first cause."""
    if not hypotheses:
        return HEALTHY
    found = load_causes([shipped_causes()], catalogs().terms)[hypotheses[0].cause].category
    return found.value if found else "none"


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
