"""The preflight gate of a node: its seven checks, put together."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from grace_workers.adapters.node_servers import NodeServers
from grace_workers.adapters.process.machine import free_memory
from grace_workers.adapters.process.probes import why_not_listen
from grace_workers.bootstrap.archive import anchors, audit_keys
from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.bootstrap.definitions import cause_shelf, discoveries_of, open_world, playbook_shelf, policy_of
from grace_workers.fleet import Readiness, Ready
from grace_workers.node.ports import BootStep
from grace_workers.node.preflight.audit import signed_here
from grace_workers.node.preflight.configuration import attested, configured, require_readable
from grace_workers.node.preflight.resources import Resources
from grace_workers.settings import Settings, exposed_proof, secret_facts, shipped

ANSWERS_WITHIN = timedelta(seconds=1)


def preflight_steps(settings: Settings, servers: NodeServers, resources: Resources) -> Sequence[BootStep]:
    """Return the seven checks; each raises GraceError when the node must not start."""
    database = partial(servers.look_at_database, shipped("migrations"), within=ANSWERS_WITHIN)
    keys, places, file = audit_keys(settings), anchors(settings), settings.audit_anchor_file
    return [
        BootStep("configuration", lambda: _configuration(settings)),
        BootStep("secrets attested", lambda: attested(secret_facts(settings))),
        BootStep("database and schema", database),
        BootStep("broker", lambda: servers.look_at_broker(within=ANSWERS_WITHIN)),
        BootStep("audit chain tail", lambda: signed_here(keys, places, file)),
        BootStep("playbooks", lambda: _playbooks(settings)),
        BootStep("resources", resources.look),
    ]


def resources_of(settings: Settings, free: Callable[[], int] = free_memory) -> Resources:
    """Return what a node needs of its machine. `free` returns the bytes of memory that it may take."""
    return Resources(
        data_dir=settings.data_dir,
        ports=settings.listening,
        wanted={name: getattr(settings.pools, name) for name in settings.role.pools},
        free=free,
        why_not_listen=why_not_listen,
    )


def _configuration(settings: Settings) -> Readiness:
    open_world(settings)
    discoveries_of(settings)
    policy_of(settings)
    came = settings.config_file or "defaults and environment"
    seen = f"{came}; {len(settings.targets)} targets; role {settings.role}"
    return configured(seen, exposed_proof(settings) if settings.role.steers else None)


def _playbooks(settings: Settings) -> Readiness:
    require_readable(settings.playbook_folders, "playbook")
    require_readable(settings.cause_folders, "cause")
    playbooks, causes = playbook_shelf(settings, catalogs()).current(), cause_shelf(settings, catalogs()).current()
    return Ready(f"{len(playbooks)} valid, for {len(causes)} known causes")
