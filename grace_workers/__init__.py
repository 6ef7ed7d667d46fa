"""grace_workers: a fleet that heals software services, and proves it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from grace_workers.foundation.version import __version__

if TYPE_CHECKING:
    from grace_workers.entrypoints.capture import GraceHandler, capture_task_failures
    from grace_workers.entrypoints.capture.levels import LevelControl
    from grace_workers.entrypoints.client import Grace, Handle
    from grace_workers.foundation.errors import (
        ConflictError,
        GraceError,
        InputError,
        IntegrityError,
        NotFoundError,
        PermanentError,
        TransientError,
    )
    from grace_workers.orchestration.events.topic import Event

__all__ = [
    "ConflictError",
    "Event",
    "Grace",
    "GraceError",
    "GraceHandler",
    "Handle",
    "InputError",
    "IntegrityError",
    "LevelControl",
    "NotFoundError",
    "PermanentError",
    "TransientError",
    "__version__",
    "capture_task_failures",
]

_ERRORS = "grace_workers.foundation.errors"
_PLACES = {
    "ConflictError": _ERRORS,
    "Event": "grace_workers.orchestration.events.topic",
    "Grace": "grace_workers.entrypoints.client",
    "GraceError": _ERRORS,
    "GraceHandler": "grace_workers.entrypoints.capture",
    "Handle": "grace_workers.entrypoints.client",
    "InputError": _ERRORS,
    "IntegrityError": _ERRORS,
    "LevelControl": "grace_workers.entrypoints.capture.levels",
    "NotFoundError": _ERRORS,
    "PermanentError": _ERRORS,
    "TransientError": _ERRORS,
    "capture_task_failures": "grace_workers.entrypoints.capture",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that importing any room stays cheap."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
