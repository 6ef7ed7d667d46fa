"""Raise or lower a limit of a running service, within the bounds that its target declares."""

from typing import Annotated

from pydantic import Field

from grace_workers.actions.params import Name
from grace_workers.actions.primitive import BlastRadius, Preview
from grace_workers.actions.roles.service_limits import ServiceLimits
from grace_workers.actions.target import Aspect
from grace_workers.actions.value_change import EarlierValue, Value, ValueChange
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import ConflictError, InputError


class SetLimitParams(Document):
    """`limit` is one that the target's connection declares, and `value` lies within the bounds that it declares.

    With `instead_of`, nothing is touched if the limit has neither that value nor the wanted one; with `only_up`, if it
    is higher, or there is none.
    """

    limit: Name
    value: Annotated[int, Field(ge=0, le=1 << 60)]
    instead_of: Annotated[int | None, Field(ge=0, le=1 << 60)] = None
    only_up: bool = False


class SetLimit(ValueChange[ServiceLimits, SetLimitParams]):
    """Raise or lower a limit of a running service, within the bounds that its target declares."""

    role = ServiceLimits
    params = SetLimitParams

    def subject(self, params: SetLimitParams) -> str:
        """Name the limit."""
        return f"limit {params.limit}"

    def preview(self, role: ServiceLimits, params: SetLimitParams) -> Preview:
        """Say which value would give way to which."""
        self._refuse_other(role, params)
        return super().preview(role, params)

    def snapshot(self, role: ServiceLimits, params: SetLimitParams) -> EarlierValue:
        """Keep the value."""
        self._refuse_other(role, params)
        return super().snapshot(role, params)

    def _refuse_other(self, role: ServiceLimits, params: SetLimitParams) -> None:
        now = self.now(role, params)
        if params.instead_of is not None and now not in {params.instead_of, params.value}:
            raise ConflictError(
                f"limit {params.limit} is {now} now, and this step may only replace {params.instead_of}; plan it again"
            )
        if params.only_up and (now is None or int(now) > params.value):
            raise ConflictError(
                f"limit {params.limit} is {'none' if now is None else now} now, and this step may only raise it, to "
                f"{params.value}"
            )

    def now(self, role: ServiceLimits, params: SetLimitParams) -> Value:
        """Return the limit in force."""
        return role.limit(params.limit).value

    def wanted(self, role: ServiceLimits, params: SetLimitParams) -> Value:
        """Return the value, which the target must allow."""
        allowed = role.limit(params.limit)
        if not allowed.lowest <= params.value <= allowed.highest:
            raise InputError(
                f"limit {params.limit!r} may be {allowed.lowest} to {allowed.highest} {allowed.unit}".rstrip()
                + f", not {params.value}; the target's connection sets these bounds"
            )
        return params.value

    def put(self, role: ServiceLimits, params: SetLimitParams, value: Value) -> None:
        """Set the limit."""
        del value
        role.set_limit(params.limit, params.value)

    def spelled(self, role: ServiceLimits, params: SetLimitParams) -> str | None:
        """Return how the service writes the limit."""
        return role.limit(params.limit).spelled

    def put_back(self, role: ServiceLimits, params: SetLimitParams, before: EarlierValue) -> None:
        """Set the earlier limit."""
        if before.value is None or before.spelled is None:
            role.put_back_limit(params.limit, None if before.value is None else int(before.value))
        else:
            role.put_back_spelled(params.limit, int(before.value), before.spelled)

    def blast(self, role: ServiceLimits, params: SetLimitParams) -> BlastRadius:
        """Return one limit of those that may be set."""
        del params
        return BlastRadius(count=1, unit="limit", share=1 / max(len(role.limits()), 1))


DEFINITION = SetLimit().primitive(
    "set_limit",
    "Raise or lower a limit of a running service, within the bounds that its target declares.",
    aspect=Aspect.CONFIG,
    risk=0.25,
    worst=BlastRadius(count=1, unit="limit", share=1.0),
)
