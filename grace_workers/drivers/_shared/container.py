"""What an engine tells about one container."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from grace_workers.actions import CRASHED_LATELY, ServicePart, ServiceStatus

_LONGEST_ID = 12
_AGAIN = 2


def incarnation(found: Mapping[str, Any]) -> str:
    """Return which start of which container this is: one that was replaced under its name has another id."""
    return f"{str(found['Id'])[:_LONGEST_ID]}/{found['State']['StartedAt']}"


def runs(found: Mapping[str, Any]) -> bool:
    """Return whether its first process runs; a container between two of its own restarts does not."""
    state = found["State"]
    return bool(state.get("Running")) and not state.get("Restarting") and not state.get("Paused")


def healthy(found: Mapping[str, Any]) -> bool:
    """Return whether it runs, and passes its own health check if it has one."""
    return runs(found) and health(found) in ("", "healthy")


def health(found: Mapping[str, Any]) -> str:
    """Return what its own health check says: `starting`, `healthy` or `unhealthy`; empty without a check."""
    said = str((found["State"].get("Health") or {}).get("Status") or "")
    return "" if said == "none" else said


def status_of(found: Mapping[str, Any], now: datetime) -> ServiceStatus:
    """Return the container as a service."""
    state, running = found["State"], runs(found)
    detail = f"{state.get('Status') or 'unknown'}, exit code {state.get('ExitCode')}"
    if checked := health(found):
        detail = f"{detail}, its health check says {checked}"
    if state.get("OOMKilled"):
        detail = f"{detail}, killed because memory was short"
    return ServiceStatus(
        running=running,
        incarnation=incarnation(found) if running else None,
        detail=detail,
        serving=max(now - moment(state["StartedAt"]), timedelta()) if running else None,
    )


def part_of(found: Mapping[str, Any]) -> ServicePart:
    """Return the container as a part of a service."""
    return ServicePart(
        name=name_of(found),
        incarnation=incarnation(found),
        healthy=healthy(found),
        crashing=_crashes(found, datetime.now(UTC)),
    )


def _crashes(found: Mapping[str, Any], now: datetime) -> bool:
    """Return whether the engine has restarted it at least twice after it had ended, the last time lately."""
    state, ended = found["State"], str(found["State"].get("FinishedAt") or "")
    if state.get("Restarting"):
        return True
    return int(found.get("RestartCount") or 0) >= _AGAIN and bool(ended) and now - moment(ended) < CRASHED_LATELY


def name_of(found: Mapping[str, Any]) -> str:
    """Return the container's name."""
    return str(found["Name"]).lstrip("/")


def moment(text: str) -> datetime:
    """Read a time as engines write it: with nanoseconds, and with a `Z` or, as Podman does, the machine's offset."""
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
