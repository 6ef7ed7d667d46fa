"""What a node is made of, put together from its settings."""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache

import structlog

from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from grace_workers.adapters.embedded.place import ServerFolder
from grace_workers.adapters.process.fork_server import NewProcess
from grace_workers.adapters.process.forking import Forking
from grace_workers.bootstrap.boot import BootConnections
from grace_workers.bootstrap.kernel_ports import kernel_ports
from grace_workers.bootstrap.node_host import NodeHost
from grace_workers.bootstrap.place_in_fleet import place_of
from grace_workers.bootstrap.preflight import Preflight
from grace_workers.bootstrap.preloaded import preloaded
from grace_workers.bootstrap.processes import endpoints_of, processes_of
from grace_workers.bootstrap.runtime import catalogs, open_world, playbook_shelf
from grace_workers.bootstrap.warmup import NodeWarmUp
from grace_workers.fleet import Kernel, NodeRole
from grace_workers.foundation.errors import GraceError, InputError
from grace_workers.foundation.ids import InstanceName
from grace_workers.node.boot_memory import BootMemory
from grace_workers.node.ports import NodeParts, PlaceInFleet
from grace_workers.settings import Settings

__all__ = ["NewProcess", "fork_server_of", "node_parts"]

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
    host, gate = _machine_side(settings, prepare, forking or _forking(settings))
    connections = host.connections
    return NodeParts(
        instance=InstanceName(settings.instance),
        data_dir=data,
        kernels=_kernels(),
        pools=role.pools,
        stop_grace=settings.fleet.stop_grace,
        host=host,
        boots=BootMemory(data),
        preflight=gate.steps,
        warm_up=NodeWarmUp(settings),
        probe=connections.probe,
        publish=connections.publish,
        place=lambda: _place(settings, host),
        kernel_ports=lambda: kernel_ports(settings, host.addresses(), connections.probe(thorough=False)),
        endpoints=endpoints_of(settings),
    )


def _machine_side(
    settings: Settings, prepare: Callable[[str], None] | None, forking: Forking
) -> tuple[NodeHost, Preflight]:
    data = settings.data_dir
    postgres = None if settings.database.url is not None else EmbeddedPostgres(data / "postgres")
    valkey = None if settings.broker.url is not None else EmbeddedValkey(data / "valkey")
    gate = Preflight(
        settings=settings, ports=_ports_of(settings), postgres=postgres, broker_embedded=valkey is not None
    )
    host = NodeHost(
        settings=settings,
        place=ServerFolder(data, "this node"),
        postgres=postgres,
        valkey=valkey,
        connections=BootConnections(settings),
        forking=forking,
        policies={one.process: one.restart for one in _kernels().values()},
        slots=cache(lambda: _slots(gate)),
        prepare=prepare,
    )
    return host, gate


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
    return [*preloaded(processes_of(settings)), *drivers]


@cache
def _kernels() -> Mapping[str, Kernel]:
    return {one.name: one for one in catalogs().kernels}


def _place(settings: Settings, host: NodeHost) -> PlaceInFleet | None:
    """Return the node's place in the fleet; None when it runs no control process, and so is no member."""
    return place_of(settings, host.addresses(), host.engine) if "control" in processes_of(settings) else None


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
    return [place for name, place in found.items() if name in processes_of(settings)]
