"""Give a service a larger or smaller machine, among the sizes that its target declares."""

from grace_workers.actions.params import Name
from grace_workers.actions.primitive import BlastRadius
from grace_workers.actions.roles.resizable import Resizable
from grace_workers.actions.target import Aspect
from grace_workers.actions.value_change import EarlierValue, Value, ValueChange
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import InputError


class ResizeParams(Document):
    """`size` is one of those that the target's connection declares."""

    size: Name


class Resize(ValueChange[Resizable, ResizeParams]):
    """Give a service a larger or smaller machine, among the sizes that its target declares."""

    role = Resizable
    params = ResizeParams

    def subject(self, params: ResizeParams) -> str:
        """Name the size."""
        del params
        return "the machine's size"

    def now(self, role: Resizable, params: ResizeParams) -> Value:
        """Return the size in force."""
        del params
        return role.size().name

    def wanted(self, role: Resizable, params: ResizeParams) -> Value:
        """Return the size, which the target must allow."""
        allowed = role.size().allowed
        if params.size not in allowed:
            raise InputError(f"size {params.size!r} is not one that the target declares: {', '.join(allowed)}")
        return params.size

    def put(self, role: Resizable, params: ResizeParams, value: Value) -> None:
        """Ask for that size."""
        del value
        role.resize_to(params.size)

    def put_back(self, role: Resizable, params: ResizeParams, before: EarlierValue) -> None:
        """Ask for the earlier size."""
        del params
        role.resize_to(str(before.value))

    def blast(self, role: Resizable, params: ResizeParams) -> BlastRadius:
        """Return the one machine, which does not serve for a while."""
        del role, params
        return BlastRadius(count=1, unit="machine", share=1.0)


DEFINITION = Resize().primitive(
    "resize",
    "Give a service a larger or smaller machine, among the sizes that its target declares.",
    aspect=Aspect.INFRASTRUCTURE,
    risk=0.5,
    worst=BlastRadius(count=1, unit="machine", share=1.0),
    irreversible="The service does not serve while its machine changes, and its connections do not come back.",
)
