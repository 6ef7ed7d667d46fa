"""The diagnostic suite: everything that is looked at of one target, side by side and under one deadline."""

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from threading import BoundedSemaphore

import structlog

from grace_workers.actions import undeclared
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.daemons import Daemons
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import GraceError, NotFoundError
from grace_workers.foundation.ids import TargetName
from grace_workers.foundation.redaction import starred
from grace_workers.orchestration import diagnostics
from grace_workers.orchestration.diagnostics.diagnostic import Diagnostic, DiagnosticFact, DiagnosticScene
from grace_workers.orchestration.line.parts import Line
from grace_workers.signals import storable

log = structlog.get_logger()

DEADLINE = timedelta(seconds=10)
_AT_ONCE = 64
_MOST_FACTS = 100
_LONGEST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticLook:
    """What one diagnostic found. `trouble` says why it found nothing; `took` is in seconds."""

    diagnostic: str
    facts: tuple[DiagnosticFact, ...] = ()
    trouble: str | None = None
    took: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticReport:
    """What all diagnostics found of a target; `took` is in seconds."""

    target: TargetName
    at: datetime
    took: float
    looks: tuple[DiagnosticLook, ...]

    @property
    def notable(self) -> Sequence[tuple[str, DiagnosticFact]]:
        """What a person should look at first, with the diagnostic that found it."""
        return [(look.diagnostic, fact) for look in self.looks for fact in look.facts if fact.notable]


@cache
def declared_diagnostics() -> Catalog[Diagnostic]:
    """Return all diagnostics, by their files' names. Raises CatalogError for a faulty definition."""
    return discover(diagnostics, Diagnostic, label="diagnostic")


def examine(
    line: Line, target: TargetName, *, known: Iterable[Diagnostic] | None = None, deadline: timedelta = DEADLINE
) -> DiagnosticReport:
    """Return what the diagnostics that suit the target found before the deadline; nothing is changed.

    What has not finished by then is reported as unfinished; it ends by the limits of its own reading.

    Raises:
        NotFoundError: no such target.
    """
    if target not in line.targets:
        raise NotFoundError(undeclared(target, line.targets))
    scene = DiagnosticScene(line=line, target=line.targets[target], now=line.clock.now())
    suite = [one for one in known or declared_diagnostics() if one.suits(scene.target)]
    begun = time.monotonic()
    asked = {one.name: _asked(one, scene) for one in suite}
    wait(asked.values(), timeout=deadline.total_seconds())
    looks = tuple(_ended(name, future, deadline) for name, future in asked.items())
    return DiagnosticReport(target=target, at=scene.now, took=time.monotonic() - begun, looks=looks)


@cache
def _threads() -> tuple[Daemons, BoundedSemaphore]:
    """Return threads that no process waits for at its end, and how many looks may still be under way in all."""
    return Daemons("diagnostic"), BoundedSemaphore(_AT_ONCE)


def _asked(diagnostic: Diagnostic, scene: DiagnosticScene) -> "Future[DiagnosticLook]":
    threads, free = _threads()
    answer: Future[DiagnosticLook] = Future()
    if not free.acquire(blocking=False):
        full = f"{_AT_ONCE} other looks have not ended yet; ask again later"
        answer.set_result(DiagnosticLook(diagnostic=diagnostic.name, trouble=full))
        return answer

    def act() -> None:
        try:
            answer.set_result(_look(diagnostic, scene))
        except BaseException as error:  # noqa: BLE001 - it is raised where the answer is read
            answer.set_exception(error)
        finally:
            free.release()

    threads.start(act)
    return answer


def _ended(name: str, asked: "Future[DiagnosticLook]", deadline: timedelta) -> DiagnosticLook:
    if asked.done():
        return asked.result()
    seconds = deadline.total_seconds()
    return DiagnosticLook(diagnostic=name, trouble=f"unfinished after {seconds:g} s", took=seconds)


def _look(diagnostic: Diagnostic, scene: DiagnosticScene) -> DiagnosticLook:
    begun = time.monotonic()
    trouble: str | None = None
    facts: tuple[DiagnosticFact, ...] = ()
    try:
        facts = tuple(_told(one) for one in list(diagnostic.look(scene))[:_MOST_FACTS])
    except GraceError as error:
        trouble = _text(str(error))
    except Exception as error:
        # It may be a plug-in's, and what it cannot say must not hide what the others found.
        log.exception("diagnostic_failed", diagnostic=diagnostic.name, target=scene.target.name)
        trouble = f"it failed with {type(error).__name__}; its log line says where"
    return DiagnosticLook(diagnostic=diagnostic.name, facts=facts, trouble=trouble, took=time.monotonic() - begun)


def _told(fact: DiagnosticFact) -> DiagnosticFact:
    """Return the fact without secrets, short enough to be stored."""
    return replace(fact, value=_value(fact.value), about=_text(fact.about), note=_text(fact.note))


def _value(value: JsonValue) -> JsonValue:
    match value:
        case str():
            return _text(value)
        case list():
            return [_value(one) for one in value[:_MOST_FACTS]]
        case dict():
            return _text(str(value))
        case _:
            return value


def _text(text: str) -> str:
    return storable(starred(text[: 4 * _LONGEST]))[:_LONGEST]
