"""Change how many instances of a service run, within the bounds that its target declares."""

from typing import Annotated

from pydantic import Field

from grace_workers.actions.primitive import BlastRadius
from grace_workers.actions.roles.scalable import Scalable
from grace_workers.actions.target import Aspect
from grace_workers.actions.value_change import EarlierValue, Value, ValueChange
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import ConflictError, InputError

_MOST = 10_000
Count = Annotated[int, Field(ge=0, le=_MOST)]


class ScaleParams(Document):
    """`count` instances, within the bounds that the target's connection declares.

    With `only_up`, nothing is touched if there should be more already.
    """

    count: Count
    only_up: bool = False


class ScaleTo(ValueChange[Scalable, ScaleParams]):
    """Change how many instances of a service run, within the bounds that its target declares."""

    role = Scalable
    params = ScaleParams

    def subject(self, params: ScaleParams) -> str:
        """Name the number."""
        del params
        return "the number of instances"

    def now(self, role: Scalable, params: ScaleParams) -> Value:
        """Return how many there should be."""
        del params
        return role.scale().wanted

    def wanted(self, role: Scalable, params: ScaleParams) -> Value:
        """Return the number, which the target must allow."""
        found = role.scale()
        if params.only_up and found.wanted > params.count:
            raise ConflictError(
                f"there should be {found.wanted} instances, and this step may only add some, up to {params.count}"
            )
        if not found.lowest <= params.count <= found.highest:
            raise InputError(
                f"{params.count} instances are not within {found.lowest} to {found.highest}; the target's connection "
                f"sets these bounds"
            )
        return params.count

    def put(self, role: Scalable, params: ScaleParams, value: Value) -> None:
        """Ask for that many."""
        del value
        role.scale_to(params.count)

    def put_back(self, role: Scalable, params: ScaleParams, before: EarlierValue) -> None:
        """Ask for as many as before."""
        del params
        role.scale_to(int(before.value or 0))

    def blast(self, role: Scalable, params: ScaleParams) -> BlastRadius:
        """Return how many instances begin or end."""
        now = role.scale().wanted
        changed = abs(params.count - now)
        return BlastRadius(count=max(changed, 1), unit="instance", share=min(1.0, changed / max(now, 1)))


DEFINITION = ScaleTo().primitive(
    "scale_to",
    "Change how many instances of a service run, within the bounds that its target declares.",
    aspect=Aspect.PERFORMANCE,
    risk=0.3,
    worst=BlastRadius(count=_MOST, unit="instance", share=1.0),
)
