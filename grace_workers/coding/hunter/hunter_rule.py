"""A rule of the hunter: one danger, and how to recognise it in a text."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from grace_workers.coding.hunter.inspected import Inspected, TextKind

Danger = tuple[int, str]
"""The line, and why, in a sentence that begins in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HunterRule:
    """One danger. `finds` are texts that contain it; `spares` look similar and are harmless, each by its kind.

    A rule takes time proportional to the text, whatever the text is.
    """

    name: str
    danger: str
    kinds: frozenset[TextKind]
    look: Callable[[Inspected], Iterator[Danger]]
    finds: Mapping[str, TextKind]
    spares: Mapping[str, TextKind]
