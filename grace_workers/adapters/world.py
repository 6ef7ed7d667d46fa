"""The targets of this installation as a `World`: which adapter gives which role to which kind of target."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from grace_workers.actions import (
    ErrorLog,
    FileTree,
    FlagStore,
    HttpProbe,
    LogLevels,
    Restartable,
    SqlConsole,
    Target,
    TargetKind,
    World,
)
from grace_workers.adapters.connection import (
    FilesConnection,
    FlagsConnection,
    HttpConnection,
    LoggingConnection,
    PostgresConnection,
    ProcessConnection,
    reveal,
)
from grace_workers.adapters.files.error_log import LogFile
from grace_workers.adapters.files.tree import DirectoryTree
from grace_workers.adapters.flags.flagd import FlagdFile
from grace_workers.adapters.guard import Guarded, Guards, Limits
from grace_workers.adapters.http.probe import HttpService
from grace_workers.adapters.logging.control_file import ControlFile
from grace_workers.adapters.postgres.console import PostgresConsole
from grace_workers.adapters.process.service import ProcessService, Program, Ready
from grace_workers.foundation.breaker import BreakerPolicy, Rate
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.foundation.ids import TargetName

R = TypeVar("R")
Roles = dict[type, object]

_RATE = Rate(per_second=50.0, burst=100)
GUARDED = Limits(policy=BreakerPolicy(longest=timedelta(seconds=10)), rate=_RATE)
# That a service gives no answer is what a probe is for: it is slowed down, and as a rule not refused.
PROBED = Limits(policy=BreakerPolicy(longest=timedelta(seconds=1)), rate=_RATE, patience=timedelta(seconds=2))


@dataclass(frozen=True, slots=True)
class Adapter:
    """How targets of one kind are reached: what their connection must say, and the roles that come of it."""

    connection: type[Document]
    roles: Callable[[Target, Any, Path], Roles]
    optional: Mapping[type, str]


class TargetWorld:
    """Every role of every target, ready to use. Nothing is connected to before it is used."""

    def __init__(self, roles: Mapping[TargetName, tuple[Target, Roles]]) -> None:
        self._roles = roles

    def role(self, target: TargetName, role: type[R]) -> R:
        """Return the target's implementation of `role`."""
        if target not in self._roles:
            known = ", ".join(sorted(self._roles)) or "none"
            raise NotFoundError(f"there is no target {target[:80]!r}; declared are: {known}")
        declared, roles = self._roles[target]
        if role in roles:
            return cast("R", roles[role])
        option = ADAPTERS[declared.kind].optional.get(role)
        remedy = f"add `{option}` to its connection" if option else "choose a target of another kind"
        has = ", ".join(sorted(kind.__name__ for kind in roles))
        raise InputError(f"target {target!r} ({declared.kind}) is no {role.__name__}, only {has}; {remedy}")


def build_world(targets: Mapping[TargetName, Target], data_dir: Path, guards: Guards | None = None) -> World:
    """Return the world of these targets. Copies of removed files are kept below `data_dir`.

    Every call of every role passes a guard of `guards`, one for each role of each target.

    Raises:
        InputError: a target is of a kind without adapter, or its connection does not fit; all such are named.
    """
    roles: dict[TargetName, tuple[Target, Roles]] = {}
    faults = []
    for name, target in targets.items():
        try:
            roles[name] = (target, _guarded(name, _roles(target, data_dir), guards or Guards()))
        except InputError as error:
            faults.append(f"target {name!r}: {error}")
    if faults:
        raise InputError("; ".join(faults))
    return TargetWorld(roles)


def _roles(target: Target, data_dir: Path) -> Roles:
    if target.kind not in ADAPTERS:
        raise InputError(f"there is no adapter for kind {target.kind.value!r}; there are: {', '.join(ADAPTERS)}")
    adapter = ADAPTERS[target.kind]
    connection = adapter.connection.read(dict(target.connection), "connection")
    return adapter.roles(target, connection, data_dir)


def _guarded(target: TargetName, roles: Roles, guards: Guards) -> Roles:
    found: Roles = {}
    for kind, role in roles.items():
        probe = kind is HttpProbe
        guard = guards.of(f"target:{target}:{kind.__name__}", PROBED if probe else GUARDED)
        found[kind] = Guarded(role, guard, {"get": _unanswered} if probe else None)
    return found


def _unanswered(answer: tuple[int, float]) -> bool:
    return answer[0] == 0


def _process(target: Target, said: ProcessConnection, data_dir: Path) -> Roles:
    del target, data_dir
    program = Program(
        command=said.command,
        pid_file=said.pid_file,
        cwd=said.cwd,
        env={name: reveal(text, f"env {name}") for name, text in said.env.items()},
        log_file=said.log_file,
        ready=_ready(said),
        start_timeout=said.start_timeout,
        user=said.user,
        group=said.group,
        umask=int(said.umask, 8),
    )
    roles: Roles = {Restartable: ProcessService(program)}
    if said.http is not None:
        roles[HttpProbe] = HttpService(said.http)
    if said.error_log is not None:
        roles[ErrorLog] = LogFile(said.error_log, zone=ZoneInfo(said.error_log_zone))
    if said.log_control is not None:
        roles[LogLevels] = ControlFile(said.log_control)
    return roles


def _ready(said: ProcessConnection) -> Ready | None:
    if said.ready is None:
        return None
    if said.ready.tcp is None:
        return Ready(http=said.ready.http)
    host, _, port = said.ready.tcp.rpartition(":")
    return Ready(tcp=(host, int(port)))


def _postgres(target: Target, said: PostgresConnection, data_dir: Path) -> Roles:
    del target, data_dir
    url = reveal(said.url, "url")
    return {SqlConsole: PostgresConsole(url, patience=said.patience, upkeep=said.upkeep)}


def _files(target: Target, said: FilesConnection, data_dir: Path) -> Roles:
    stash = said.stash or data_dir / "stash" / target.name
    return {FileTree: DirectoryTree(said.root, stash, quota=said.quota, keep_stashes=said.keep_stashes)}


def _flags(target: Target, said: FlagsConnection, data_dir: Path) -> Roles:
    del target, data_dir
    return {FlagStore: FlagdFile(said.file)}


def _http(target: Target, said: HttpConnection, data_dir: Path) -> Roles:
    del target, data_dir
    return {HttpProbe: HttpService(said.url)}


def _logging(target: Target, said: LoggingConnection, data_dir: Path) -> Roles:
    del target, data_dir
    return {LogLevels: ControlFile(said.control_file, patience=said.patience)}


ADAPTERS: Mapping[TargetKind, Adapter] = {
    TargetKind.PROCESS: Adapter(
        ProcessConnection, _process, {HttpProbe: "http", ErrorLog: "error_log", LogLevels: "log_control"}
    ),
    TargetKind.POSTGRES: Adapter(PostgresConnection, _postgres, {}),
    TargetKind.FILES: Adapter(FilesConnection, _files, {}),
    TargetKind.FLAGS: Adapter(FlagsConnection, _flags, {}),
    TargetKind.HTTP: Adapter(HttpConnection, _http, {}),
    TargetKind.LOGGING: Adapter(LoggingConnection, _logging, {}),
}
