"""The preflight gate: seven checks that a node must pass before it starts anything.

Servers of our own run only later, so their checks are of what they will need; servers given by URL are asked now.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from errno import EADDRINUSE
from pathlib import Path

from grace_workers.adapters.celery import first_look as broker_look
from grace_workers.adapters.embedded.postgres import EmbeddedPostgres
from grace_workers.adapters.postgres import first_look as database_look
from grace_workers.adapters.process.machine import free_memory
from grace_workers.adapters.process.probes import why_not_listen
from grace_workers.bootstrap.archive import anchors, audit_keys
from grace_workers.bootstrap.exposure import exposed_proof
from grace_workers.bootstrap.runtime import (
    catalogs,
    cause_folders,
    cause_shelf,
    open_world,
    playbook_folders,
    playbook_shelf,
    policy_of,
)
from grace_workers.bootstrap.secret_facts import secret_facts
from grace_workers.fleet import LEAST_BYTES, MEBIBYTE, Limited, Readiness, Ready, SchemaFit, Throttled, attest, throttle
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError, PermanentError
from grace_workers.foundation.own_file import objection
from grace_workers.node.ports import BootStep
from grace_workers.orchestration.job import Pool
from grace_workers.settings import Settings, shipped

ANSWERS_WITHIN = timedelta(seconds=1)
LEAST_DISK = 256 * MEBIBYTE
SCARCE_DISK = 2048 * MEBIBYTE
_CLOCK_DRIFT = timedelta(seconds=5)
_FIRST_YEAR = 2026
_OLDEST_POSTGRES = 140000


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """The gate of one node. `ports` are host, port and the setting that changes it; `postgres` our own server.

    `free` returns the bytes of memory that the node may take.
    """

    settings: Settings
    ports: Sequence[tuple[str, int, str]]
    postgres: EmbeddedPostgres | None
    broker_embedded: bool
    free: Callable[[], int] = free_memory

    def steps(self) -> Sequence[BootStep]:
        """Return the seven checks; each raises GraceError when the node must not start."""
        return [
            BootStep("configuration", self._configuration),
            BootStep("secrets attested", self._secrets),
            BootStep("database and schema", self._database),
            BootStep("broker", self._broker),
            BootStep("audit chain tail", self._audit),
            BootStep("playbooks", self._playbooks),
            BootStep("resources", self._resources),
        ]

    def slots(self) -> Throttled:
        """Return how many slots each pool gets with the memory that is free now."""
        pools = self.settings.pools
        wanted = {name: getattr(pools, name) for name in (pool.value for pool in Pool)}
        return throttle({name: wanted[name] for name in self.settings.role.pools}, self.free())

    def _configuration(self) -> Readiness:
        settings = self.settings
        open_world(settings)
        policy_of(settings)
        came = settings.config_file or "defaults and environment"
        seen = f"{came}; {len(settings.targets)} targets; role {settings.role}"
        lack = exposed_proof(settings) if settings.role.steers else None
        return Ready(seen) if lack is None else Limited(seen, lack)

    def _secrets(self) -> Readiness:
        facts = secret_facts(self.settings)
        faults = attest(facts)
        if faults:
            more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
            raise InputError(f"the secrets are not safe: {faults[0]}{more}")
        return Ready(f"{sum(1 for one in facts if one.present)} present, strong and closed to other users")

    def _database(self) -> Readiness:
        if self.postgres is not None:
            return Limited(self.postgres.look(), "a check of its schema, which follows once it runs")
        url = self.settings.database.url
        if url is None:
            raise AssertionError("no database is configured or embedded")
        seen = database_look.look_at(url.get_secret_value(), shipped("migrations"), within=ANSWERS_WITHIN)
        if seen.version < _OLDEST_POSTGRES:
            raise InputError(f"the database is PostgreSQL {seen.version // 10000}; version 14 or newer is needed")
        if seen.schema.fit is SchemaFit.TOO_NEW:
            raise InputError(seen.schema.words)
        if not seen.schema.fit.serves:
            return Limited(seen.schema.words, "the schema of this release; a migration will create it")
        told = f"schema {seen.schema.words}"
        drift = abs(seen.clock - datetime.now(UTC).timestamp())
        if drift > _CLOCK_DRIFT.total_seconds():
            return Limited(told, f"a common clock: the database's differs by {drift:.0f} s from this machine's")
        return Ready(told)

    def _broker(self) -> Readiness:
        if self.broker_embedded:
            return Limited("our own Valkey is installed", "a test message through it, which follows once it runs")
        url = self.settings.broker.url
        if url is None:
            raise AssertionError("no broker is configured or embedded")
        return Ready(f"answers as version {broker_look.look_at(url.get_secret_value(), within=ANSWERS_WITHIN)}")

    def _audit(self) -> Readiness:
        """Look at what was signed last here; whether the log continues it is the audit kernel's to say."""
        keys = audit_keys(self.settings)
        anchor = self.settings.audit.anchor_file or self.settings.data_dir / "audit-anchor" / "checkpoints"
        if anchor.exists() and (why := objection(anchor.stat())) is not None:
            raise InputError(f"the audit log's anchor {anchor} {why}; give it to this user with mode 0600")
        try:
            pinned = keys.pinned()
            notes = [keys.last(), *(one.newest(pinned.name) for one in anchors(self.settings))]
            keys.signer()
        except NotFoundError:
            return Limited("nothing has been signed here yet", "a key, which the first node that seals creates")
        except OSError as error:
            raise InputError(
                f"the audit log's signing key cannot be read: {error}; correct its owner and mode"
            ) from error
        return Ready(f"the key of {pinned.name} is here; {sum(1 for note in notes if note)} places keep its signatures")

    def _playbooks(self) -> Readiness:
        _require_readable(playbook_folders(self.settings), "playbook")
        _require_readable(cause_folders(self.settings), "cause")
        known = catalogs()
        causes = cause_shelf(self.settings, known)
        playbooks = playbook_shelf(self.settings, known, causes).current()
        return Ready(f"{len(playbooks)} valid, for {len(causes.current())} known causes")

    def _resources(self) -> Readiness:
        lacks = [*self._disk(), *self._memory(), *self._clock()]
        self._listening()
        free = shutil.disk_usage(self.settings.data_dir).free // MEBIBYTE
        seen = f"{free} MiB of disk, {self.free() // MEBIBYTE} MiB of memory, {len(self.ports)} ports free"
        return Limited(seen, "; ".join(lacks)) if lacks else Ready(seen)

    def _listening(self) -> None:
        """Raise InputError or ConflictError for a port that this node could not take."""
        wanted: dict[int, str] = {}
        for host, port, setting in self.ports:
            if port and (other := wanted.setdefault(port, setting)) != setting:
                raise InputError(f"{other} and {setting} both name port {port}; give each its own")
            if not port or (error := why_not_listen(host, port)) is None:
                continue
            if error.errno == EADDRINUSE:
                raise ConflictError(f"port {port} on {host} is in use; stop what listens there or set {setting}")
            raise InputError(f"cannot listen on port {port} of {host}: {error.strerror}; change {setting} or its host")

    def _disk(self) -> Iterator[str]:
        folder = self.settings.data_dir
        _write_in(folder)
        free = shutil.disk_usage(folder).free
        if free < LEAST_DISK:
            raise InputError(
                f"{folder} has {free // MEBIBYTE} MiB of disk left; a node needs {LEAST_DISK // MEBIBYTE}; "
                "make room, or choose another data directory"
            )
        if free < SCARCE_DISK:
            yield f"spare disk: {free // MEBIBYTE} MiB are left"

    def _memory(self) -> Iterator[str]:
        free = self.free()
        if free < LEAST_BYTES:
            raise PermanentError(
                f"{free // MEBIBYTE} MiB of memory are free; a node needs {LEAST_BYTES // MEBIBYTE}; stop other "
                f"programs"
            )
        if (why := self.slots().why) is not None:
            yield f"memory for all slots: {why}"

    def _clock(self) -> Iterator[str]:
        now = datetime.now(UTC)
        if now.year < _FIRST_YEAR:
            raise InputError(f"the clock says {now:%Y-%m-%d}; set it, because the audit log and every lease rely on it")
        newest = _newest_in(self.settings.data_dir)
        if newest is not None and newest - now > _CLOCK_DRIFT:
            yield f"a clock that never went back: files here are from {newest:%Y-%m-%d %H:%M:%S}, later than now"


def _write_in(folder: Path) -> None:
    """Write, flush and remove a file there. Raises InputError when that fails."""
    probe = folder / f"preflight.{os.getpid()}"
    try:
        with probe.open("wb") as file:
            file.write(b"\0" * 65536)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise InputError(
            f"{folder} is not writable: {error.strerror}; correct that, or choose another data directory"
        ) from error
    finally:
        with suppress(OSError):
            probe.unlink()


def _newest_in(folder: Path) -> datetime | None:
    times = [one.stat().st_mtime for one in folder.glob("*.json")]
    return datetime.fromtimestamp(max(times), UTC) if times else None


def _require_readable(folders: Sequence[Path], kind: str) -> None:
    for folder in folders:
        if not os.access(folder, os.R_OK | os.X_OK):
            why = "cannot be read" if folder.exists() else "does not exist"
            raise InputError(f"{kind} folder {folder} {why}; correct its mode, or take it out of `{kind}s`")
