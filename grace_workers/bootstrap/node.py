"""What a node is made of, put together from its settings. Nothing connects before its first use."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import cached_property, partial

from sqlalchemy import Engine

from grace_workers.adapters.celery import BrokerConfig, build_monitor_app
from grace_workers.adapters.celery.workers import NodeWorkers
from grace_workers.adapters.embedded.place import ServerFolder
from grace_workers.adapters.node_host import NodeHost
from grace_workers.adapters.node_processes import NodeProcesses
from grace_workers.adapters.node_servers import NodeServers
from grace_workers.adapters.postgres.engine import make_engine, sparing
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.adapters.postgres.migrate import bring_up, schema_of
from grace_workers.adapters.postgres.transaction import stores
from grace_workers.adapters.process.aside import aside
from grace_workers.adapters.process.child import Child
from grace_workers.adapters.process.fork_server import NewProcess
from grace_workers.adapters.process.forking import Forking
from grace_workers.adapters.process.preloaded import preloaded
from grace_workers.bootstrap.broker import flower_of
from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.bootstrap.definitions import open_world, playbook_shelf, policy_of
from grace_workers.bootstrap.kernels import kernel_ports, kernel_probe
from grace_workers.bootstrap.preflight import preflight_steps, resources_of
from grace_workers.fleet import NodeRole, Probe
from grace_workers.foundation.clock import SystemClock
from grace_workers.foundation.errors import GraceError
from grace_workers.node.boot.database import DatabaseSetup
from grace_workers.node.boot.events import publisher
from grace_workers.node.boot.schema import await_schema
from grace_workers.node.boot_memory import BootMemory
from grace_workers.node.membership.home import home_of, membership_of
from grace_workers.node.membership.place import OwnPlace, take_name
from grace_workers.node.ports import NodeParts
from grace_workers.node.warm_up import NodeWarmUp, loaded_files
from grace_workers.orchestration.job import Pool
from grace_workers.orchestration.work.catalog import declared_jobs
from grace_workers.settings import Addresses, Settings, addresses, require_servers, settle, shipped

__all__ = ["NewProcess", "fork_server_of", "node_parts", "opened_place"]


def fork_server_of(settings: Settings) -> Forking:
    """Return what starts a node's processes: a fork server that this process, which must have no threads, forks.

    Raises:
        InputError: a node of one role is to be made without the fleet's servers.
        NewProcess: this is a process that the fork server has forked; `run` it where nothing else is left to do.
    """
    require_servers(settings)
    forking = _forking(settings)
    forking.split(loaded_files)
    return forking


def node_parts(
    settings: Settings, *, prepare: Callable[[str], None] | None = None, forking: Forking | None = None
) -> NodeParts:
    """Return the parts of a node with these settings.

    `prepare` is called with the database's URL once it is migrated, before any process of the node starts. Without
    `forking` the node executes a fork server of its own.

    Raises:
        InputError: a node of one role is to be made without the fleet's servers.
    """
    require_servers(settings)
    forking = forking or _forking(settings)
    wiring = NodeWiring(settings, forking)
    return NodeParts(
        instance=settings.instance,
        data_dir=settings.data_dir,
        kernels=catalogs().kernels.by_name,
        pools=settings.role.pools,
        stop_grace=settings.fleet.stop_grace,
        host=wiring.host(),
        boots=BootMemory(settings.data_dir),
        preflight=lambda: preflight_steps(settings, wiring.servers, wiring.resources),
        warm_up=NodeWarmUp(settings.data_dir, settings.playbook_folders),
        set_up=lambda: wiring.setup(prepare).run(),
        probe=wiring.asking,
        publish=publisher(lambda: PostgresLedger(wiring.engine)),
        place=wiring.place,
        kernel_ports=lambda: kernel_ports(settings, wiring.engine, wiring.asking(thorough=False)),
        endpoints=settings.endpoints,
    )


@contextmanager
def opened_place(settings: Settings) -> Iterator[OwnPlace]:
    """Give the place of the node with these settings in the fleet, and close its connections at the end."""
    found = addresses(settings)
    engine = make_engine(found.database.get_secret_value(), application="grace-node", pool_size=2)
    try:
        yield _place(settings, found, engine)
    finally:
        engine.dispose()


class NodeWiring:
    """The servers of one node, and what is made of them."""

    def __init__(self, settings: Settings, forking: Forking) -> None:
        self._settings, self._forking = settings, forking
        self._closing = ExitStack()
        self.servers = NodeServers(settings.data_dir, database=settings.database.url, broker=settings.broker.url)
        self.resources = resources_of(settings)

    @property
    def found(self) -> Addresses:
        """Where the servers are; embedded ones must have been reserved."""
        return Addresses(database=self.servers.database, broker=self.servers.broker)

    @cached_property
    def engine(self) -> Engine:
        """What the boot, the membership and the children's self-tests share."""
        url = self.servers.database.get_secret_value()
        engine = sparing(make_engine(url, application="grace-node", pool_size=4))
        self._closing.callback(engine.dispose)
        return engine

    @cached_property
    def _probe(self) -> Probe:
        return kernel_probe(self._settings, self.found, self._closing)

    def asking(self, *, thorough: bool) -> Probe:
        """Return what self-tests ask; with `thorough` for their full contract."""
        return replace(self._probe, thorough=thorough)

    def host(self) -> NodeHost:
        """Return the machine's side of the node."""
        return NodeHost(
            place=ServerFolder(self._settings.data_dir, "this node"),
            node_servers=self.servers,
            forking=self._forking,
            policies={one.process: one.restart for one in catalogs().kernels},
            settled=lambda: settle(self._settings, self.found, os.environ),
            make=self.children,
            close=self._closing.close,
        )

    def place(self) -> OwnPlace | None:
        """Return the node's place in the fleet; None when it runs no control process, and so is no member."""
        return _place(self._settings, self.found, self.engine) if "control" in self._settings.processes else None

    def children(self, environment: Mapping[str, str]) -> Sequence[Child]:
        """Return the node's processes, with as many slots as the memory allows now."""
        settings = self._settings
        return NodeProcesses(
            instance=settings.instance,
            data_dir=settings.data_dir,
            urls=settings.endpoints,
            environment=environment,
            engine=self.engine,
            database=self.servers.database,
            broker=self.servers.broker,
            slots=self.resources.granted(),
            express_slots=settings.pools.express,
            flower=flower_of(settings, self.servers.broker),
        ).all(settings.processes)

    def setup(self, prepare: Callable[[str], None] | None) -> DatabaseSetup:
        """Return what the node does with its database before any of its processes starts."""
        settings, processes, scripts = self._settings, self._settings.processes, shipped("migrations")
        whole = settings.role is NodeRole.WHOLE
        url, logins = self.servers.owned
        run_aside = partial(aside, start=self._forking.start)
        migrates = whole if settings.database.migrate is None else settings.database.migrate
        brings, looks = (
            partial(bring_up, url, scripts, logins, run_aside=run_aside),
            partial(schema_of, self.engine, scripts),
        )
        member = settings.instance, home_of(settings.data_dir), membership_of(settings.data_dir)
        name = partial(take_name, PostgresInstances(self.engine), *member)
        return DatabaseSetup(
            schema=brings if migrates else partial(await_schema, looks),
            ledger=PostgresLedger(self.engine),
            clock=SystemClock(),
            given=settings.api.given_tokens if "api" in processes else {},
            cli_token=settings.cli_token_file if whole else None,
            afterwards=[*([name] if "control" in processes else []), *([partial(prepare, url)] if prepare else [])],
        )


def _place(settings: Settings, found: Addresses, engine: Engine) -> OwnPlace:
    return OwnPlace(
        name=settings.instance,
        home=home_of(settings.data_dir),
        pools=tuple(Pool(pool) for pool in settings.role.pools),
        register=PostgresInstances(engine),
        ledger=PostgresLedger(engine),
        clock=SystemClock(),
        workers=NodeWorkers(build_monitor_app(BrokerConfig(url=found.broker.get_secret_value(), events=False))),
    )


def _forking(settings: Settings) -> Forking:
    return Forking(_shared_modules(settings), settings.data_dir / "log" / "fork-server.log")


def _shared_modules(settings: Settings) -> Sequence[str]:
    """Return what the node's processes share, with the code of its definitions and of the drivers of its targets."""
    # Preflight says what is wrong with them.
    with suppress(GraceError):
        open_world(settings)
    with suppress(GraceError):
        playbook_shelf(settings, catalogs())
        policy_of(settings)
        declared_jobs()
        stores()
    return preloaded(settings.processes)
