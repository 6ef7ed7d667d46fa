"""The outside world of the kernels' self-tests, over connections of its own that give up soon."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from datetime import timedelta
from typing import TypeVar

from grace_workers.actions import AnyPrimitive
from grace_workers.adapters.celery.kernel_facts import BrokerFacts
from grace_workers.adapters.http.own_api import OwnApi
from grace_workers.adapters.postgres.audit.tail import TailCheck
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.events import EventMover
from grace_workers.adapters.postgres.fleet.kernel_facts import DatabaseFacts
from grace_workers.adapters.postgres.fleet.leader import is_held
from grace_workers.adapters.postgres.jobs.ringing import Ringer
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.adapters.process.bounded import Bounded
from grace_workers.bootstrap.archive import anchors, audit_keys
from grace_workers.bootstrap.catalogs import Catalogs, catalogs
from grace_workers.bootstrap.definitions import cause_shelf, playbook_shelf, policy_of
from grace_workers.bootstrap.ledger import doorbells_of
from grace_workers.checks import AnyCheck
from grace_workers.diagnosis import Causes, KnowledgeEntry
from grace_workers.drivers.files.stash_check import StashCheck
from grace_workers.fleet import (
    ApiFacts,
    AuditFacts,
    CanaryFacts,
    MemberFacts,
    MeshFacts,
    Probe,
    SchemaStand,
    SecretFacts,
    SlotFacts,
    WorkerFacts,
)
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import InstanceName
from grace_workers.foundation.shelf import Shelf
from grace_workers.foundation.yaml_file import FileFault, SourceError
from grace_workers.governance import Gate, Policy, Switch
from grace_workers.learning import TrackRecord
from grace_workers.node.kernels.canary_patrol import CanaryPatrol
from grace_workers.orchestration.events.mesh import MOST_PAGE
from grace_workers.orchestration.events.topics.kernel_canary import DEFINITION as KERNEL_CANARY
from grace_workers.orchestration.events.topics.kernel_canary import KernelCanary
from grace_workers.orchestration.job import Pool
from grace_workers.orchestration.queries import figures
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.work.canary import Flight, await_return, canary_request, patience, send
from grace_workers.orchestration.work.catalog import scheduled
from grace_workers.orchestration.work.schedule import ScheduleEntry
from grace_workers.playbooks import Library
from grace_workers.settings import Addresses, Settings, addresses, secret_facts, shipped

T = TypeVar("T")

ANSWERS_WITHIN = timedelta(seconds=1.2)
CANARY_WITHIN = timedelta(seconds=5)
EVENT_WITHIN = timedelta(seconds=3)


class KernelProbe:
    """Implements `fleet.Probe` for the node of these settings. Nothing connects before the first question.

    It is safe to share between threads. `close` it to give connections and threads back.
    """

    def __init__(self, settings: Settings, found: Addresses, *, thorough: bool = False) -> None:
        self.thorough = thorough
        self._settings = settings
        self._engine = make_engine(
            found.database.get_secret_value(),
            application="grace-kernels",
            pool_size=4,
            statement_timeout=ANSWERS_WITHIN,
            lock_timeout=ANSWERS_WITHIN,
        )
        self._in_time = Bounded("the database", within=ANSWERS_WITHIN).ask
        bells = doorbells_of(found)
        self._ringer = Ringer(self._engine, bells)
        self._ledger = PostgresLedger(self._engine, ringer=self._ringer)
        self._patrol = CanaryPatrol(self._ledger, self.instance)
        self._mover = EventMover(self._engine)
        self._database = DatabaseFacts(self._engine, shipped("migrations"))
        self._tail = TailCheck(self._engine, audit_keys(settings), anchors(settings), instance=self.instance)
        self._broker = BrokerFacts(found.broker.get_secret_value(), within=ANSWERS_WITHIN)
        self._api = OwnApi(f"http://{_host(settings.api.host)}:{settings.api.port}", self._token, within=ANSWERS_WITHIN)
        self._stash = StashCheck(settings.data_dir / "self-test")
        self._house = _House(settings)

    @property
    def instance(self) -> InstanceName:
        """This node."""
        return InstanceName(self._settings.instance)

    def asking(self, *, thorough: bool) -> "KernelProbe":
        """Return the same probe, over the same connections, that asks for the full contract or does not."""
        other = copy(self)
        other.thorough = thorough
        return other

    def close(self) -> None:
        """Give connections and threads back."""
        self._ringer.close()
        self._broker.close()
        self._api.close()
        self._engine.dispose()

    def runs(self, process: str) -> bool:
        """Return whether this node runs the child process of that name."""
        if process == "flower" and not self._settings.flower.enabled:
            return False
        return process in self._settings.role.processes

    def broker_echo(self, text: str) -> str:
        """Send `text` through a queue of the broker, and return what came out."""
        return self._broker.echo(text)

    def broker_marker(self) -> bool:
        """Return whether the leader's marker stands."""
        return self._broker.has_marker()

    def database_echo(self, text: str) -> str:
        """Write `text` in a transaction that is rolled back, and return what was read back in it."""
        return self._in_time(lambda: self._database.echo(text))

    def schema(self) -> SchemaStand:
        """Return which schema the database has."""
        return self._in_time(self._database.schema)

    def audit(self) -> AuditFacts:
        """Compare the audit log with what was signed last."""
        return self._in_time(self._tail.look)

    def lease_held(self, name: str) -> bool:
        """Return whether anybody holds that lease now."""
        return self._in_time(lambda: is_held(self._engine, name))

    def member(self) -> MemberFacts | None:
        """Return this node's entry in the register."""
        return self._in_time(lambda: self._database.member(self.instance))

    def slots(self) -> Sequence[SlotFacts]:
        """Return every entry of the schedule."""
        wanted = {one.name: one.every for one in self._house.schedule}
        return self._in_time(lambda: self._database.slots(wanted))

    def switch(self, name: str) -> Switch:
        """Return a global switch."""
        return self._in_ledger(lambda tx: tx.switches.read(name))

    def knowledge(self) -> Sequence[KnowledgeEntry]:
        """Return what was learnt."""
        return self._in_ledger(lambda tx: tx.records.knowledge())

    def tracks(self) -> Sequence[TrackRecord]:
        """Return all track records."""
        return self._in_ledger(lambda tx: tx.records.tracks())

    def figures(self) -> Mapping[str, int]:
        """Return how many jobs each pool ended in the last hour."""
        found = self._in_time(lambda: figures(self._ledger))
        return {pool.value: one.processed for pool, one in found.pools.items()}

    def mesh(self) -> MeshFacts:
        """Return how the log of events stands."""
        return self._in_time(self._database.mesh)

    def event_echo(self, text: str, *, move: bool) -> str | None:
        """Publish an event that says `text`, and return what a reader of the log finds in it."""
        return self._in_time(lambda: self._published(text, move=move), within=EVENT_WITHIN + ANSWERS_WITHIN)

    def worker(self, pool: str) -> WorkerFacts:
        """Return what the pool's worker of this node has said of itself."""
        return self._broker.worker(pool, self.instance)

    def canary(self, pool: str, nonce: str) -> CanaryFacts:
        """Send a job with `nonce` through the pool of this node, and return what became of it in time."""
        flight = self._in_time(lambda: self._flown(pool, nonce), within=CANARY_WITHIN + ANSWERS_WITHIN)
        return CanaryFacts(state=flight.job.state.value, nonce=flight.nonce, instance=flight.instance)

    def patrol(self, pool: str) -> CanaryFacts | None:
        """Keep a canary under way through the pool of this node; return what is wrong with it."""
        return self._in_time(lambda: self._patrol.look(Pool(pool)))

    def api(self) -> ApiFacts:
        """Ask this node's API."""
        return self._api.facts()

    def metrics(self, only: str | None = None) -> str:
        """Return the figures in Prometheus text, or only that one."""
        return self._api.metrics(only)

    def secrets(self) -> Sequence[SecretFacts]:
        """Return what is known of this node's secrets, without them."""
        return secret_facts(self._settings)

    def gates(self) -> Sequence[Gate]:
        """Return the gates of governance."""
        return tuple(self._house.catalogs.gates)

    def policy(self) -> Policy:
        """Return the policy in force, read again when its file has changed."""
        return self._house.policy()

    def primitives(self) -> Catalog[AnyPrimitive]:
        """Return the primitives that playbooks may use."""
        return self._house.catalogs.primitives

    def checks(self) -> Catalog[AnyCheck]:
        """Return the checks that playbooks may use."""
        return self._house.catalogs.checks

    def playbook_faults(self) -> Sequence[FileFault]:
        """Return the faults of the playbooks, read again when a file has changed."""
        return self._house.playbook_faults()

    def causes(self) -> Causes:
        """Return the causes, read again when a file has changed. Raises SourceError."""
        return self._house.causes()

    def cause_faults(self) -> Sequence[FileFault]:
        """Return why the newest causes were not taken."""
        return self._house.cause_faults()

    def stash_echo(self, text: str) -> str:
        """Keep a file that says `text` in a stash, read it back, and remove both."""
        return self._stash.echo(text)

    def stash_refuses_change(self, text: str) -> bool:
        """Return whether a stashed file that was changed is refused."""
        return self._stash.refuses_change(text)

    def _flown(self, pool: str, nonce: str) -> Flight:
        job = send(self._ledger, canary_request(Pool(pool), self.instance, nonce))
        return await_return(self._ledger, job, pause=patience(CANARY_WITHIN, time.monotonic, time.sleep))

    def _published(self, text: str, *, move: bool) -> str | None:
        with self._ledger.transaction() as tx:
            after = tx.events.newest(limit=1).upto
            sent = tx.events.publish(KERNEL_CANARY, KernelCanary(instance=self.instance, nonce=text))
        again = patience(EVENT_WITHIN, time.monotonic, time.sleep)
        while True:
            if move:
                self._mover.move_once()
            with self._ledger.transaction() as tx:
                page = tx.events.read(after=after, topics=[KERNEL_CANARY.address], limit=MOST_PAGE)
            found = next((event for event in page.events if event.id == sent), None)
            if found is not None:
                return found.read(KERNEL_CANARY).nonce
            if not again():
                return None

    def _in_ledger(self, read: Callable[[LineTransaction], T]) -> T:
        def step() -> T:
            with self._ledger.transaction() as tx:
                return read(tx)

        return self._in_time(step)

    def _token(self) -> str | None:
        with suppress(OSError):
            return self._settings.cli_token_file.read_text(encoding="utf-8").strip() or None
        return None


class _House:
    """This node's own definitions, each read when it is first asked for and again when its files have changed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.RLock()
        self._policy: tuple[int | None, Policy] | None = None
        self._shelf: Shelf[Library] | None = None
        self._causes: Shelf[Causes] | None = None
        self._catalogs: Catalogs | None = None
        self._schedule: Sequence[ScheduleEntry] | None = None

    @property
    def catalogs(self) -> Catalogs:
        with self._lock:
            self._catalogs = self._catalogs or catalogs()
            return self._catalogs

    @property
    def schedule(self) -> Sequence[ScheduleEntry]:
        with self._lock:
            self._schedule = self._schedule or scheduled(self._settings.cycles)
            return self._schedule

    def policy(self) -> Policy:
        path = self._settings.policy
        try:
            changed = None if path is None else path.stat().st_mtime_ns
        except OSError as error:
            raise InputError(f"policy {path} cannot be read: {error.strerror}") from error
        with self._lock:
            if self._policy is None or self._policy[0] != changed:
                self._policy = (changed, policy_of(self._settings))
            return self._policy[1]

    def playbook_faults(self) -> Sequence[FileFault]:
        with self._lock:
            if self._shelf is None:
                try:
                    self._shelf = playbook_shelf(self._settings, self.catalogs, self._cause_shelf())
                except SourceError as refusal:
                    return refusal.faults
            self._shelf.current()
            return self._shelf.faults

    def causes(self) -> Causes:
        with self._lock:
            return self._cause_shelf().current()

    def cause_faults(self) -> Sequence[FileFault]:
        with self._lock:
            return () if self._causes is None else self._causes.faults

    def _cause_shelf(self) -> Shelf[Causes]:
        self._causes = self._causes or cause_shelf(self._settings, self.catalogs)
        return self._causes


def _host(host: str) -> str:
    """Return where a server that listens on `host` is reached from this machine."""
    found = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - no binding, only its spelling
    return f"[{found}]" if ":" in found else found


def kernel_probe(settings: Settings, *, thorough: bool = False) -> KernelProbe:
    """Return the probe of this node; with `thorough`, pools must also carry a canary job.

    Raises:
        InputError: its servers are not known yet.
    """
    probe = KernelProbe(settings, addresses(settings), thorough=thorough)
    # mypy proves here that the shape fits.
    _fits: Probe = probe
    return probe
