"""From settings to running parts: the only place that names every concrete class.

A part's module is imported when the part is first asked for, so that beat does not load what only the API needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grace_workers.bootstrap.access import cli_token_file
    from grace_workers.bootstrap.archive import open_audit
    from grace_workers.bootstrap.broker import celery_app, clockwork, monitor_app
    from grace_workers.bootstrap.client import ClientLedger, client_ledger, join_ledger
    from grace_workers.bootstrap.control import control_loops
    from grace_workers.bootstrap.exposure import exposed_proof
    from grace_workers.bootstrap.flower import become_flower
    from grace_workers.bootstrap.kernels import KernelDesk, kernel_desk
    from grace_workers.bootstrap.ledger import open_client_ledger
    from grace_workers.bootstrap.node import NewProcess, fork_server_of, node_parts
    from grace_workers.bootstrap.place_in_fleet import opened_place
    from grace_workers.bootstrap.pulse import begin_pulse
    from grace_workers.bootstrap.runtime import (
        Catalogs,
        Runtime,
        bindings_of,
        catalogs,
        cause_folders,
        cause_shelf,
        cause_terms,
        open_runtime,
        open_world,
        playbook_folders,
        playbook_shelf,
    )
    from grace_workers.bootstrap.schema import migrate
    from grace_workers.bootstrap.secret_facts import secret_facts
    from grace_workers.bootstrap.tracing import tracing_installed, tracing_wanted
    from grace_workers.bootstrap.watch import ENDING_BUCKETS, EndedJobs, FleetWatch, KernelRow, OpenBreaker, watch

__all__ = [
    "ENDING_BUCKETS",
    "Catalogs",
    "ClientLedger",
    "EndedJobs",
    "FleetWatch",
    "KernelDesk",
    "KernelRow",
    "NewProcess",
    "OpenBreaker",
    "Runtime",
    "become_flower",
    "begin_pulse",
    "bindings_of",
    "catalogs",
    "cause_folders",
    "cause_shelf",
    "cause_terms",
    "celery_app",
    "cli_token_file",
    "client_ledger",
    "clockwork",
    "control_loops",
    "exposed_proof",
    "fork_server_of",
    "join_ledger",
    "kernel_desk",
    "migrate",
    "monitor_app",
    "node_parts",
    "open_audit",
    "open_client_ledger",
    "open_runtime",
    "open_world",
    "opened_place",
    "playbook_folders",
    "playbook_shelf",
    "secret_facts",
    "tracing_installed",
    "tracing_wanted",
    "watch",
]

_PLACES = {
    "access": ("cli_token_file",),
    "archive": ("open_audit",),
    "broker": ("celery_app", "clockwork", "monitor_app"),
    "flower": ("become_flower",),
    "client": ("ClientLedger", "client_ledger", "join_ledger"),
    "control": ("control_loops",),
    "exposure": ("exposed_proof",),
    "kernels": ("KernelDesk", "kernel_desk"),
    "ledger": ("open_client_ledger",),
    "node": ("NewProcess", "fork_server_of", "node_parts"),
    "pulse": ("begin_pulse",),
    "place_in_fleet": ("opened_place",),
    "runtime": (
        "Catalogs",
        "Runtime",
        "catalogs",
        "bindings_of",
        "cause_folders",
        "cause_shelf",
        "cause_terms",
        "open_runtime",
        "open_world",
        "playbook_folders",
        "playbook_shelf",
    ),
    "schema": ("migrate",),
    "secret_facts": ("secret_facts",),
    "tracing": ("tracing_installed", "tracing_wanted"),
    "watch": ("ENDING_BUCKETS", "EndedJobs", "FleetWatch", "KernelRow", "OpenBreaker", "watch"),
}
_PLACE_OF = {name: place for place, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Return a part by its name, with its module imported."""
    if name not in _PLACE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_PLACE_OF[name]}"), name)
    # `watch` is also the name of its module, which the import has just put here.
    globals()[name] = found
    return found
