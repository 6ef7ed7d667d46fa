"""`Suspension`: what the primitives share that hold a target, or let it go on."""

from grace_workers.actions.primitive import BlastRadius, Preview
from grace_workers.actions.roles.suspendable import Suspendable
from grace_workers.actions.value_change import EarlierValue, Value, ValueChange
from grace_workers.foundation.document import Document

TARGET_ITSELF = BlastRadius(count=1, unit="target", share=1.0)
"""Everything that the target would begin."""

_HELD, _OPEN = "suspended", "going on"


class SuspensionParams(Document):
    """No params."""


class Suspension(ValueChange[Suspendable, SuspensionParams]):
    """Changes whether a target begins new work. `held` says which of the two is wanted."""

    role = Suspendable
    params = SuspensionParams
    held: bool

    def now(self, role: Suspendable, params: SuspensionParams) -> Value:
        """Return whether it is held."""
        del params
        return _said(held=role.is_suspended())

    def wanted(self, role: Suspendable, params: SuspensionParams) -> Value:
        """Return the state to reach."""
        del role, params
        return _said(held=self.held)

    def subject(self, params: SuspensionParams) -> str:
        """Name what changes."""
        del params
        return "the target's new work"

    def preview(self, role: Suspendable, params: SuspensionParams) -> Preview:
        """Say what would be held, or go on."""
        now, wanted = self.now(role, params), self.wanted(role, params)
        words = f"suspend {role.begins()}; what has begun goes on" if self.held else f"let {role.begins()} go on"
        if now == wanted:
            words = f"leave {role.begins()} as they are: {now}"
        return Preview(changes=(words,), blast=self.blast(role, params))

    def put(self, role: Suspendable, params: SuspensionParams, value: Value) -> None:
        """Hold it, or let it go on."""
        del params
        (role.suspend if value == _HELD else role.resume)()

    def spelled(self, role: Suspendable, params: SuspensionParams) -> str | None:
        """Return what holds it."""
        del params
        return role.held_by()

    def put_back(self, role: Suspendable, params: SuspensionParams, before: EarlierValue) -> None:
        """Hold it as it was held, or let it go on."""
        if before.value == _HELD and before.spelled is not None:
            role.hold_again(before.spelled)
        else:
            self.put(role, params, before.value)

    def blast(self, role: Suspendable, params: SuspensionParams) -> BlastRadius:
        """Return the whole target."""
        del role, params
        return TARGET_ITSELF


def _said(*, held: bool) -> str:
    return _HELD if held else _OPEN
