"""`ValueChange`: what primitives share that give one setting of a target another value."""

from abc import abstractmethod
from typing import TypeAlias

from grace_workers.actions.act import Act, P, R
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, done, unchanged
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import ConflictError

Value: TypeAlias = int | str | None


class EarlierValue(Document):
    """The value that a setting had; None where it had none. `spelled` is how its target had written it."""

    value: int | str | None
    spelled: str | None = None


class ValueChange(Act[R, P, EarlierValue]):
    """Changes one value, and changes it back unless someone else has changed it meanwhile."""

    kept = EarlierValue

    @abstractmethod
    def subject(self, params: P) -> str:
        """Return what is changed, as sentences name it."""

    @abstractmethod
    def now(self, role: R, params: P) -> Value:
        """Return the value in force."""

    @abstractmethod
    def wanted(self, role: R, params: P) -> Value:
        """Return the value to set. Raises InputError or PermanentError if it may not be set."""

    @abstractmethod
    def put(self, role: R, params: P, value: Value) -> None:
        """Set the value, and return when it is in force."""

    @abstractmethod
    def put_back(self, role: R, params: P, before: EarlierValue) -> None:
        """Set an earlier value again, whatever bounds new values have."""

    @abstractmethod
    def blast(self, role: R, params: P) -> BlastRadius:
        """Return how much of the target the value is about."""

    def spelled(self, role: R, params: P) -> str | None:
        """Return how the target writes the value in force, if it may write the same value in several ways."""
        del role, params
        return None

    def preview(self, role: R, params: P) -> Preview:
        """Say which value would give way to which."""
        now, wanted = self.now(role, params), self.wanted(role, params)
        subject = self.subject(params)
        change = f"leave {subject} at {_shown(now)}"
        if now != wanted:
            change = f"change {subject} from {_shown(now)} to {_shown(wanted)}"
        return Preview(changes=(change,), blast=self.blast(role, params))

    def snapshot(self, role: R, params: P) -> EarlierValue:
        """Keep the value."""
        self.wanted(role, params)
        return EarlierValue(value=self.now(role, params), spelled=self.spelled(role, params))

    def apply(self, role: R, params: P, before: EarlierValue) -> Outcome:
        """Change it, unless it has a third value since the snapshot."""
        now, wanted, subject = self.now(role, params), self.wanted(role, params), self.subject(params)
        if now == wanted:
            return unchanged(f"{subject} is already {_shown(wanted)}")
        if now != before.value:
            raise ConflictError(f"{subject} became {_shown(now)} since the snapshot; it was {_shown(before.value)}")
        self.put(role, params, wanted)
        return done(f"{subject} is now {_shown(wanted)} (was {_shown(before.value)})", value=wanted)

    def effect(self, role: R, params: P, before: EarlierValue) -> Effect:
        """Present when the value is in force."""
        del before
        return Effect.PRESENT if self.now(role, params) == self.wanted(role, params) else Effect.ABSENT

    def restore(self, role: R, params: P, before: EarlierValue) -> Outcome:
        """Change it back, unless it has a third value meanwhile."""
        now, subject = self.now(role, params), self.subject(params)
        if now == before.value:
            return unchanged(f"{subject} is already {_shown(now)} again")
        if now != self.wanted(role, params):
            raise ConflictError(
                f"{subject} was changed to {_shown(now)} by someone else meanwhile; "
                f"it was {_shown(before.value)} before this step, so decide by hand"
            )
        self.put_back(role, params, before)
        return done(f"{subject} is {_shown(before.value)} again", value=before.value)

    def restored(self, role: R, params: P, before: EarlierValue) -> bool:
        """Return whether it has its earlier value."""
        return self.now(role, params) == before.value


def _shown(value: Value) -> str:
    return "nothing" if value is None else str(value)
