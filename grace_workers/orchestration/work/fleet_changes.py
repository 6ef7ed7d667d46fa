"""Changes in force of how the fleet works, as this release reads them."""

from collections.abc import Sequence

import structlog

from grace_workers.cycles import FleetChange, declared_proposals
from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.fleet_changes import FleetChangeStore

log = structlog.get_logger()


def changes_in_force(tx: LineTransaction, kind: str) -> Sequence[FleetChange]:
    """Return the changes of a kind that are in force, without those of a newer release that this one cannot read.

    Signals and looks of the whole fleet are read with them, so they must not fail because of it; it is logged.
    """
    holds = declared_proposals()[kind].holds
    found: list[FleetChange] = []
    for one in tx[FleetChangeStore].in_force(kind):
        try:
            if holds is not None:
                holds.read(dict(one.content), f"change {one.key}")
            found.append(one)
        except InputError as error:
            log.warning("fleet_change_refused", change=one.limit, why=str(error))
    return found
