"""What a node is made of, put together from its settings."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache, partial

import structlog
from sqlalchemy import Engine

from grace_workers.adapters.celery import BrokerConfig, build_monitor_app
from grace_workers.adapters.celery.workers import NodeWorkers
from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from grace_workers.adapters.embedded.place import ServerFolder
from grace_workers.adapters.node_host import NodeHost
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.adapters.postgres.migrate import bring_up, schema_of
from grace_workers.adapters.process.child import Child
from grace_workers.adapters.process.fork_server import NewProcess
from grace_workers.adapters.process.forking import Forking
from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.bootstrap.connections import NodeConnections
from grace_workers.bootstrap.definitions import open_world, playbook_shelf
from grace_workers.bootstrap.kernels import kernel_ports
from grace_workers.bootstrap.preflight import Preflight
from grace_workers.bootstrap.preloaded import preloaded
from grace_workers.bootstrap.processes import NodeProcesses
from grace_workers.fleet import Kernel, NodeRole
from grace_workers.foundation.clock import SystemClock
from grace_workers.foundation.errors import GraceError, InputError
from grace_workers.foundation.ids import InstanceName
from grace_workers.governance import Role
from grace_workers.node.boot.database import DatabaseSetup
from grace_workers.node.boot.events import publisher
from grace_workers.node.boot.schema import await_schema
from grace_workers.node.boot_memory import BootMemory
from grace_workers.node.membership.home import home_of, membership_of
from grace_workers.node.membership.place import OwnPlace, take_name
from grace_workers.node.ports import NodeParts
from grace_workers.node.warm_up import NodeWarmUp
from grace_workers.orchestration.job import Pool
from grace_workers.settings import Addresses, Settings, addresses, child_environment, remember, shipped

__all__ = ["NewProcess", "fork_server_of", "node_parts", "opened_place"]

log = structlog.get_logger()


def fork_server_of(settings: Settings) -> Forking:
    """Return what starts a node's processes: a fork server that this process, which must have no threads, forks.

    Raises:
        InputError: a node of one role is to be made without the fleet's servers.
        NewProcess: this is a process that the fork server has forked; `run` it where nothing else is left to do.
    """
    _prove_servers(settings)
    forking = _forking(settings)
    # The processes share what was read before the fork; preflight says what is wrong with it.
    with suppress(GraceError):
        playbook_shelf(settings, catalogs())
    forking.split()
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
    _prove_servers(settings)
    role, data = settings.role, settings.data_dir
    postgres = None if settings.database.url is not None else EmbeddedPostgres(data / "postgres")
    valkey = None if settings.broker.url is not None else EmbeddedValkey(data / "valkey")
    connections = NodeConnections(settings, postgres, valkey)
    gate = Preflight(
        settings=settings, ports=_ports_of(settings), postgres=postgres, broker_embedded=valkey is not None
    )
    return NodeParts(
        instance=InstanceName(settings.instance),
        data_dir=data,
        kernels=_kernels(),
        pools=role.pools,
        stop_grace=settings.fleet.stop_grace,
        host=_host(settings, connections, gate, forking or _forking(settings)),
        boots=BootMemory(data),
        preflight=gate.steps,
        warm_up=NodeWarmUp(data, settings.playbook_folders),
        set_up=lambda: _setup(settings, connections, prepare).run(),
        probe=connections.asking,
        publish=publisher(lambda: PostgresLedger(connections.engine)),
        place=lambda: _own_place(settings, connections),
        kernel_ports=lambda: kernel_ports(settings, connections.addresses, connections.asking(thorough=False)),
        endpoints=settings.endpoints,
    )


def _host(settings: Settings, connections: NodeConnections, gate: Preflight, forking: Forking) -> NodeHost:
    data = settings.data_dir
    return NodeHost(
        place=ServerFolder(data, "this node"),
        postgres=connections.postgres,
        valkey=connections.valkey,
        forking=forking,
        policies={one.process: one.restart for one in _kernels().values()},
        settled=lambda: _settled(settings, connections.addresses),
        make=lambda environment: _children(settings, connections, environment, _slots(gate)),
        close=connections.close,
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


def _own_place(settings: Settings, connections: NodeConnections) -> OwnPlace | None:
    """Return the node's place in the fleet; None when it runs no control process, and so is no member."""
    member = "control" in settings.processes
    return _place(settings, connections.addresses, connections.engine) if member else None


def _place(settings: Settings, found: Addresses, engine: Engine) -> OwnPlace:
    return OwnPlace(
        name=InstanceName(settings.instance),
        home=home_of(settings.data_dir),
        pools=tuple(Pool(pool) for pool in settings.role.pools),
        register=PostgresInstances(engine),
        ledger=PostgresLedger(engine),
        clock=SystemClock(),
        workers=NodeWorkers(build_monitor_app(BrokerConfig(url=found.broker.get_secret_value(), events=False))),
    )


def _setup(settings: Settings, connections: NodeConnections, prepare: Callable[[str], None] | None) -> DatabaseSetup:
    whole, processes, data = settings.role is NodeRole.WHOLE, settings.processes, settings.data_dir
    url, logins = connections.owned
    engine, scripts, api = connections.engine, shipped("migrations"), settings.api
    migrates = settings.database.migrate if settings.database.migrate is not None else whole
    brings, awaits = partial(bring_up, url, scripts, logins), partial(await_schema, partial(schema_of, engine, scripts))
    name = partial(
        take_name,
        PostgresInstances(engine),
        InstanceName(settings.instance),
        home_of(data),
        membership_of(data),
    )
    given = {Role.ADMIN: api.admin_token, Role.VIEWER: api.viewer_token, Role.REPORTER: api.reporter_token}
    tokens = {role: token.get_secret_value() for role, token in given.items() if token is not None}
    return DatabaseSetup(
        schema=brings if migrates else awaits,
        ledger=PostgresLedger(engine),
        clock=SystemClock(),
        given=tokens if "api" in processes else {},
        cli_token=settings.cli_token_file if whole else None,
        afterwards=[*([name] if "control" in processes else []), *([partial(prepare, url)] if prepare else [])],
    )


def _settled(settings: Settings, found: Addresses) -> Mapping[str, str]:
    remember(settings, found)
    return child_environment(settings, found, os.environ)


def _children(
    settings: Settings, connections: NodeConnections, environment: Mapping[str, str], slots: Mapping[str, int]
) -> Sequence[Child]:
    return NodeProcesses(
        settings=settings,
        found=connections.addresses,
        environment=environment,
        engine=connections.engine,
        slots=slots,
    ).all()


def _prove_servers(settings: Settings) -> None:
    role = settings.role
    if role is not NodeRole.WHOLE and (settings.database.url is None or settings.broker.url is None):
        raise InputError(
            f"`grace node {role}` joins a fleet and needs the URLs of its servers: set GRACE_DATABASE__URL and "
            "GRACE_BROKER__URL, or run `grace up` for a node with its own servers"
        )


def _forking(settings: Settings) -> Forking:
    return Forking(_shared_modules(settings), settings.data_dir / "log" / "fork-server.log")


def _shared_modules(settings: Settings) -> Sequence[str]:
    """Return what the node's processes share: their own code, and that of the drivers of its targets."""
    # Preflight says what is wrong with a target.
    with suppress(GraceError):
        open_world(settings)
    drivers = [name for name in sorted(sys.modules) if name.startswith("grace_workers.drivers.")]
    return [*preloaded(settings.processes), *drivers]


@cache
def _kernels() -> Mapping[str, Kernel]:
    return {one.name: one for one in catalogs().kernels}


def _slots(gate: Preflight) -> Mapping[str, int]:
    """Return the slots of each pool, as the memory allows now."""
    found = gate.slots()
    if found.why is not None:
        log.warning("slots_throttled", why=found.why)
    return found.slots


def _ports_of(settings: Settings) -> Sequence[tuple[str, int, str]]:
    """Return host, port and the setting that changes it, for each port the node will listen on."""
    api, flower = settings.api, settings.flower
    found = {
        "api": (api.host, api.port, "GRACE_API__PORT"),
        "flower": (flower.host, flower.port, "GRACE_FLOWER__PORT"),
    }
    return [place for name, place in found.items() if name in settings.processes]
