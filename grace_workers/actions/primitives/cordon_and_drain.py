"""Close a machine of a cluster to new pods, and let its pods leave as their disruption budgets allow."""

from datetime import timedelta

from grace_workers.actions.act import Act
from grace_workers.actions.params import Span
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.drainable import Drainable, MachinePod
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import ConflictError

_SHOWN = 20


class DrainParams(Document):
    """Pods leave within `patience`. One that nothing starts elsewhere, or that has data of its own, refuses the step.

    `unmanaged` lets the first leave, and `local_data` the second; both are lost then.
    """

    patience: Span = timedelta(minutes=5)
    unmanaged: bool = False
    local_data: bool = False


class _Kept(Document):
    schedulable: bool
    pods: int


class CordonAndDrain(Act[Drainable, DrainParams, _Kept]):
    """Close a machine of a cluster to new pods, and let its pods leave as their disruption budgets allow."""

    role = Drainable
    params = DrainParams
    kept = _Kept

    def preview(self, machine: Drainable, params: DrainParams) -> Preview:
        """Name the pods that would leave, the first twenty one by one."""
        found = machine.state()
        _refuse_lost(found.pods, params)
        moves = [f"let pod {one.name} leave" for one in found.pods[:_SHOWN]]
        if len(found.pods) > _SHOWN:
            moves.append(f"and {len(found.pods) - _SHOWN} more")
        changes = (*(["close it to new pods"] if found.schedulable else []), *moves)
        blast = BlastRadius(count=max(len(found.pods), 1), unit="pod", share=1.0)
        return Preview(changes=changes or ("leave it: it is closed, and no pod has to leave",), blast=blast)

    def snapshot(self, machine: Drainable, params: DrainParams) -> _Kept:
        """Keep whether it took new pods."""
        found = machine.state()
        _refuse_lost(found.pods, params)
        return _Kept(schedulable=found.schedulable, pods=len(found.pods))

    def apply(self, machine: Drainable, params: DrainParams, before: _Kept) -> Outcome:
        """Close it, then let the pods leave."""
        del before
        found = machine.state()
        _refuse_lost(found.pods, params)
        if not found.schedulable and not found.pods:
            return unchanged("it is closed, and no pod has to leave")
        # A pod may have come until the machine was closed.
        _refuse_lost(machine.set_schedulable(on=False).pods, params)
        left = machine.drain(params.patience)
        return done(f"closed to new pods; pods that left: {len(left)}", pods=len(left))

    def effect(self, machine: Drainable, params: DrainParams, before: _Kept) -> Effect:
        """Present when it is closed and empty."""
        del params, before
        found = machine.state()
        return Effect.ABSENT if found.schedulable or found.pods else Effect.PRESENT

    def restore(self, machine: Drainable, params: DrainParams, before: _Kept) -> Outcome:
        """Let new pods come again, if they could before."""
        if self.restored(machine, params, before):
            return unchanged("it takes new pods exactly if it did before")
        machine.set_schedulable(on=before.schedulable)
        return done("it takes new pods again; those that left stay where they are")

    def restored(self, machine: Drainable, params: DrainParams, before: _Kept) -> bool:
        """Return whether it takes new pods exactly if it did before."""
        del params
        return machine.state().schedulable == before.schedulable


def _refuse_lost(pods: tuple[MachinePod, ...], params: DrainParams) -> None:
    alone = [one.name for one in pods if not one.controlled and not params.unmanaged]
    if alone:
        raise ConflictError(f"nothing would start pod {alone[0]} elsewhere; move it, or allow `unmanaged` to lose it")
    local = [one.name for one in pods if one.local and not params.local_data]
    if local:
        raise ConflictError(f"pod {local[0]} has data on this machine; save it, or allow `local_data` to lose it")


DEFINITION = CordonAndDrain().primitive(
    "cordon_and_drain",
    "Close a machine of a cluster to new pods, and let its pods leave as their disruption budgets allow.",
    aspect=Aspect.INFRASTRUCTURE,
    risk=0.5,
    worst=BlastRadius(count=1000, unit="pod", share=1.0),
    irreversible="Pods that left stay where they are, and data that they had on the machine is lost.",
)
