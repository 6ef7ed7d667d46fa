"""Incidents that others wrote down, as folders of JSON: what their alert, messages, series and objects say."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

CALM = {"normal", "ok", "resolved", "inactive"}
HARMLESS = {"info", "debug", "notice", "ok", "normal"}
LATELY = 3
RECENT = timedelta(minutes=45)
NOT_LONG_AGO = timedelta(hours=6)
MOST_CLIENTS_OF_A_NODE = 65_000
# The categories of those who wrote them. They have none for networks and for rights.
SPELLED = {"configuration_error": "configuration", "data_quality": "data", "dependency_failure": "dependency"}
THEIRS = {"network": "infrastructure", "security": "configuration"}
_CHANGED = re.compile(r"(?i)updat|chang|modif|revok|configur|deploy|rolled out|invoked with")
_SHARE = re.compile(
    r"(\d+(?:\.\d+)?)\s?(?:[-\u2013]\s?(\d+(?:\.\d+)?)\s?)?%\+?\s(?:of|utili[sz]ation of)\s(?:the\s)?(?:its\s)?max"
)
_OF = re.compile(r"(?i)connections?\D{0,20}?(\d+) of (\d+)")


@dataclass(frozen=True)
class Message:
    """One line or event: its words, when it was last said, and what it is about."""

    text: str
    at: datetime | None
    level: str
    namespace: str
    about: str
    reason: str = ""


@dataclass(frozen=True)
class Case:
    """One folder, read."""

    name: str
    alert: Mapping[str, Any]
    found: Sequence[Any]
    engine: str
    answer: str | None

    @property
    def firing(self) -> bool:
        """Whether the alert still says that something is wrong."""
        return str(self.alert.get("state", self.alert.get("status", "firing"))).casefold() not in CALM

    @property
    def annotations(self) -> Mapping[str, str]:
        """What the alert says in words."""
        return self.alert.get("commonAnnotations") or self.alert.get("annotations") or {}

    @property
    def labels(self) -> Mapping[str, str]:
        """What the alert is about."""
        found = self.alert.get("commonLabels") or self.alert.get("labels") or {}
        return {key: str(value) for key, value in found.items()}

    @property
    def technology(self) -> str:
        """What they call the technology that it is about, in one text."""
        named = (self.labels.get(key, "") for key in ("engine", "service", "pipeline_name"))
        return " ".join((self.engine, *named)).casefold()

    @cached_property
    def series(self) -> Mapping[str, Sequence[float]]:
        """The first series of each name: it is of what the alert is about."""
        found: dict[str, Sequence[float]] = {}
        for one in self.found:
            for name, values in _series(one):
                found.setdefault(name, values)
        return found

    @property
    def told(self) -> Sequence[Message]:
        """What was said of troubles lately, repetitions left out."""
        return [one for one in self._messages(RECENT) if one.level not in HARMLESS]

    @property
    def reported(self) -> Sequence[Message]:
        """What was changed in the last hours, as a team reports it to the product."""
        calm = [one for one in self._messages(NOT_LONG_AGO) if one.level in HARMLESS or not one.level]
        return [one for one in calm if _CHANGED.search(one.text)]

    def _messages(self, lately: timedelta) -> Sequence[Message]:
        found = [message for one in self.found for message in (*_messages(one), *_lines(one))]
        newest = max((one.at for one in found if one.at is not None), default=None)
        mine = self.labels.get("namespace")
        recent = [
            one
            for one in found
            if (one.at is None or newest is None or newest - one.at <= lately)
            and (not mine or not one.namespace or one.namespace == mine or one.about.startswith("Node/"))
        ]
        return list({(one.text, one.reason): one for one in recent}.values())

    @cached_property
    def pods(self) -> Sequence[Mapping[str, Any]]:
        """The pods that are neither being deleted nor done, nor replaced after they were taken away."""
        found = [pod for one in self.found if isinstance(one, dict) for pod in one.get("pods", ())]
        here = [pod for pod in found if pod.get("deletion_timestamp") is None]
        done = any(pod.get("phase") == "Succeeded" for pod in here)
        return [pod for pod in here if pod.get("phase") != "Succeeded" and not (done and pod.get("phase") == "Failed")]

    @cached_property
    def missing(self) -> int | None:
        """How many instances of deployments are missing; None without deployments."""
        counts = [
            max(0, one.get("desired", 0) - one.get("ready", 0))
            for found in self.found
            if isinstance(found, dict)
            for one in found.get("deployments", ())
        ]
        return sum(counts) if counts else None

    @property
    def is_of_a_cluster(self) -> bool:
        """Whether pods or deployments were written down."""
        return self.missing is not None or any(isinstance(one, dict) and "pods" in one for one in self.found)


def read_case(folder: Path) -> Case:
    """Return the case that lies in a folder."""
    answer, scenario = folder / "answer.yml", folder / "scenario.yml"
    said = yaml.safe_load(answer.read_text()) if answer.exists() else {}
    about = yaml.safe_load(scenario.read_text()) if scenario.exists() else {}
    answered = said.get("root_cause_category")
    return Case(
        name=folder.name,
        alert=json.loads((folder / "alert.json").read_text()),
        found=[json.loads(path.read_text()) for path in sorted(folder.glob("*.json")) if path.name != "alert.json"],
        engine=str((about or {}).get("engine", "")).casefold(),
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


def _messages(found: Any) -> Iterator[Message]:
    """Yield every message in a file: lines and events. Why a container waits or has ended is one, too."""
    if isinstance(found, dict):
        if isinstance(found.get("message"), str) and not {"overall_state", "query"} & found.keys():
            at = found.get("last_time") or found.get("last_timestamp") or found.get("timestamp") or found.get("date")
            yield Message(
                text=found["message"],
                at=datetime.fromisoformat(at) if isinstance(at, str) else None,
                level=str(found.get("status") or found.get("type") or "").casefold(),
                namespace=str(found.get("namespace") or ""),
                about=str(found.get("involved_object") or found.get("service") or ""),
                reason=str(found.get("reason") or ""),
            )
        found = list(found.values())
    for one in found if isinstance(found, list) else ():
        yield from _messages(one)


def _lines(found: Any) -> Iterator[Message]:
    """Yield the log of a pod as one message: a program writes a traceback over several lines."""
    if isinstance(found, dict) and isinstance(found.get("logs"), str):
        yield Message(found["logs"], None, "error", str(found.get("namespace") or ""), str(found.get("pod_name") or ""))


def readings(case: Case) -> Mapping[str, float]:
    """Return what the checks of a target would read now."""
    found = {check: value for check, read in READ.items() if (value := read(case)) is not None}
    told = "\n".join((*case.annotations.values(), *(one.text for one in case.told)))
    if match := _OF.search(told):
        found["database_connections_ratio"] = float(match[1]) / float(match[2])
    if (match := _SHARE.search(told)) and "connection" in told.casefold():
        found["database_connections_ratio"] = float(match[2] or match[1]) / 100
    if case.missing is not None:
        found["missing_instances"] = float(case.missing)
    if case.is_of_a_cluster:
        ready = [all(container.get("ready") for container in pod.get("containers", ())) for pod in case.pods]
        found["parts_out_of_memory"] = float(sum("OOMKilled" in json.dumps(pod) for pod in case.pods))
        found["unhealthy_parts"] = float(ready.count(False) if ready else case.missing or 0)
    return found


def _newest(name: str, scale: float = 1.0) -> Callable[[Case], float | None]:
    return lambda case: case.series[name][-1] * scale if case.series.get(name) else None


def _share(name: str, of: str, *, left: bool = False) -> Callable[[Case], float | None]:
    """Return a function that gives the newest share of one series in another, or what is left of it."""

    def share(case: Case) -> float | None:
        part, whole = case.series.get(name), case.series.get(of)
        if not part or not whole or not max(whole):
            return None
        ratio = part[-1] / max(whole)
        return 1 - ratio if left else ratio

    return share


def _space_used(case: Case) -> float | None:
    """Return how much of the space that was free at most is used."""
    values = case.series.get("FreeStorageSpace")
    return 1 - sum(values[-LATELY:]) / len(values[-LATELY:]) / max(values) if values and max(values) else None


# What the series of exporters and of a managed service are called, and which check of ours reads the same.
READ: Mapping[str, Callable[[Case], float | None]] = {
    "database_replica_lag_seconds": _newest("ReplicaLag"),
    "disk_used_ratio": _space_used,
    "cache_memory_ratio": _newest("DatabaseMemoryUsagePercentage", 0.01),
    "cache_clients_ratio": _newest("CurrConnections", 1 / MOST_CLIENTS_OF_A_NODE),
    "cache_evicted_keys": _newest("Evictions"),
    "host_disk_ratio": _share("node_filesystem_avail_bytes", "node_filesystem_size_bytes", left=True),
    "host_inodes_ratio": _share("node_filesystem_files_free", "node_filesystem_files", left=True),
    "host_memory_ratio": _share("node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes", left=True),
    "service_open_files_ratio": _share("process_open_fds", "process_max_fds"),
    "queue_length": _newest("celery_queue_length"),
    "consumers": _newest("celery_worker_up"),
}
