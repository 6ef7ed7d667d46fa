"""A rule of the hunter: one danger, and how to see it in a text."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from grace_workers.coding.hunter.inspected import Inspected, TextKind

Danger = tuple[int, str]
"""The line, and why in a sentence that begins small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HunterRule:
    """One danger. `finds` are texts in which it is seen, and `spares` look alike and are harmless, each by its kind.

    A rule takes time in proportion to the text, whatever the text is.
    """

    name: str
    danger: str
    kinds: frozenset[TextKind]
    look: Callable[[Inspected], Iterator[Danger]]
    finds: Mapping[str, TextKind]
    spares: Mapping[str, TextKind]
