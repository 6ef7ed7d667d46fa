"""`Act`: what a primitive does, as a class; the one place that turns it into a `Primitive`.

Two base shapes cover what many primitives share: `FileRemoval` in `actions/removal.py`, and `Irrevocable` here.
"""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from grace_workers.actions.primitive import (
    BlastRadius,
    Effect,
    Outcome,
    Preview,
    Primitive,
    Repeat,
    Reversibility,
    Snapshot,
    unchanged,
)
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document

R = TypeVar("R")
P = TypeVar("P", bound=Document)
K = TypeVar("K", bound=Document)


class Act(ABC, Generic[R, P, K]):
    """The functions of one primitive on a role, its params, and `kept`: the Document that a snapshot holds.

    Every method but `preview` works on a snapshot that another process took and JSON carried.
    """

    role: type[R]
    params: type[P]
    kept: type[K]
    repeat: Repeat = Repeat.IDEMPOTENT
    keeps_copy: bool = False
    tried_on: str | None = None

    @abstractmethod
    def preview(self, role: R, params: P) -> Preview:
        """Return what would change, and touch nothing."""

    @abstractmethod
    def snapshot(self, role: R, params: P) -> K:
        """Return what a restore needs, and touch nothing but the role's own store."""

    @abstractmethod
    def apply(self, role: R, params: P, before: K) -> Outcome:
        """Do it."""

    @abstractmethod
    def restore(self, role: R, params: P, before: K) -> Outcome:
        """Return the target to its earlier state."""

    @abstractmethod
    def restored(self, role: R, params: P, before: K) -> bool:
        """Return whether the target is in its earlier state."""

    def effect(self, role: R, params: P, before: K) -> Effect:
        """Return whether the target shows that the step has acted. Override it if that can be observed."""
        del role, params, before
        return Effect.UNKNOWN

    def primitive(
        self,
        name: str,
        summary: str,
        *,
        aspect: Aspect,
        risk: float,
        worst: BlastRadius,
        irreversible: str | None = None,
    ) -> Primitive[R, P]:
        """Return the primitive. With `irreversible`, it is compensable, or irreversible if the act is `Irrevocable`."""

        def read(before: Snapshot) -> K:
            return self.kept.read(before.content, f"snapshot of {name}")

        def snapshot(role: R, params: P) -> Snapshot:
            return Snapshot(primitive=name, content=self.snapshot(role, params).model_dump(mode="json"))

        looks = type(self).effect is not Act.effect
        return Primitive(
            name=name,
            summary=summary,
            role=self.role,
            params=self.params,
            aspect=aspect,
            risk=risk,
            repeat=self.repeat,
            preview=self.preview,
            snapshot=snapshot,
            apply=lambda role, params, before: self.apply(role, params, read(before)),
            restore=lambda role, params, before: self.restore(role, params, read(before)),
            restored=lambda role, params, before: self.restored(role, params, read(before)),
            effect=(lambda role, params, before: self.effect(role, params, read(before))) if looks else None,
            irreversible=irreversible,
            reversibility=self._reversibility(irreversible),
            worst=worst,
            keeps_copy=self.keeps_copy,
            tried_on=self.tried_on,
        )

    def _reversibility(self, irreversible: str | None) -> Reversibility:
        return Reversibility.REVERSIBLE if irreversible is None else Reversibility.COMPENSABLE


class Irrevocable(Act[R, P, K]):
    """An act that cannot be undone: a restore does nothing and says `cannot`; `answers` checks the rest."""

    cannot: str

    def restore(self, role: R, params: P, before: K) -> Outcome:
        """Do nothing."""
        del role, params, before
        return unchanged(self.cannot)

    def restored(self, role: R, params: P, before: K) -> bool:
        """Return whether the target is still usable; nothing more can be restored."""
        del before
        return self.answers(role, params)

    @abstractmethod
    def answers(self, role: R, params: P) -> bool:
        """Return whether the target is still usable."""

    def _reversibility(self, irreversible: str | None) -> Reversibility:
        if irreversible is None:
            raise ValueError(f"{type(self).__name__} cannot be taken back; give `irreversible`, the sentence about it")
        return Reversibility.IRREVERSIBLE
