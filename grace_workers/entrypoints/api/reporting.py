"""The targets that a token may report on: signals about others are refused."""

from collections.abc import Sequence

import structlog

from grace_workers.bootstrap.runtime import Runtime
from grace_workers.entrypoints.api.access import Caller
from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.dossier import Fate, Receipt
from grace_workers.orchestration.stores.deployments import DeploymentStore
from grace_workers.orchestration.work.continuing import continued
from grace_workers.orchestration.work.intake import accept, aimed_in
from grace_workers.signals import Deployment, Signal, deployed

log = structlog.get_logger()


def reported(
    runtime: Runtime, caller: Caller, found: Sequence[Signal], *, following: Sequence[Signal] = ()
) -> Sequence[Receipt]:
    """Store the signals that the caller may send, and return the outcome of each, in their order.

    `following` are signals of the same delivery that are stored after these.
    """
    found = continued(runtime.ledger, found)
    objections = _objections(runtime, caller, found)
    allowed = [one for one, why in zip(found, objections, strict=True) if why is None]
    taken = iter(accept(runtime.intake, allowed, by=caller.name, following=following, limit=caller.targets))
    refused = [why for why in objections if why is not None]
    if refused:
        log.warning("signals_left_out", token=caller.token, alerts=len(refused), first=refused[0])
    return [
        next(taken) if why is None else Receipt(signal=one.id, fate=Fate.IGNORED, incident=None, reason=why)
        for one, why in zip(found, objections, strict=True)
    ]


def deployed_by(runtime: Runtime, caller: Caller, told: Sequence[Deployment]) -> int:
    """Store the deployments that the caller may report; return how many those are."""
    settled = [deployed(one, runtime.intake.targets) for one in told]
    allowed = [one for one in settled if caller.targets is None or one.target in caller.targets]
    if allowed:
        with runtime.ledger.transaction() as tx:
            tx[DeploymentStore].keep(allowed)
    return len(allowed)


def refuse_foreign_targets(runtime: Runtime, caller: Caller, found: Sequence[Signal]) -> None:
    """Refuse a body that reports on a target to which the token is not bound. Raises InputError."""
    why = next((why for why in _objections(runtime, caller, found) if why is not None), None)
    if why is not None:
        raise InputError(why)


def _objections(runtime: Runtime, caller: Caller, found: Sequence[Signal]) -> Sequence[str | None]:
    """Return why each signal may not be stored for the caller, None where it may."""
    limit = caller.targets
    if limit is None:
        return [None] * len(found)
    # What a signal is about is settled as when it is stored: an alias may give it a target that it does not name.
    return [
        None
        if target is None or target in limit
        else f"the token {caller.token!r} may not report on {target!r}; it may report on: {', '.join(limit)}"
        for target in aimed_in(runtime.intake, found)
    ]
