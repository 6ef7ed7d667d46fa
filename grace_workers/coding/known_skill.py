"""One thing that is known, as people are told of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSkill:
    """One thing by its name; `weight` is the share of fixes of a kind of edit, and None for everything else."""

    name: str
    about: str
    weight: float | None = None
