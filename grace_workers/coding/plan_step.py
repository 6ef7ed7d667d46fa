"""One step of a plan of intents, and the order of all. Pure."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from grace_workers.coding.intents.intent import AnyIntent
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.foundation.document import Document, JsonValue

StepTarget = Annotated[str, Field(min_length=1, max_length=500)]


class PlanStep(Document):
    """An intent in a plan. `after` names steps that must have changed something, by their `name` or their intent's.

    Targets are those of an intent, or files and folders in which it finds them.
    """

    intent: str = Field(min_length=1, max_length=100)
    targets: tuple[StepTarget, ...] = Field(default=(), max_length=1_000)
    options: dict[str, JsonValue] = Field(default_factory=dict, max_length=20)
    name: str = Field(default="", max_length=100)
    after: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = Field(default=(), max_length=50)

    def is_called(self, name: str) -> bool:
        """Return whether `after` of another step means this one."""
        return name in {self.name, self.intent}


def ordered(steps: Sequence[PlanStep], intents: Mapping[str, AnyIntent]) -> Sequence[PlanStep] | Reason:
    """Return the steps in the order of `after`, else of what the intents say about each other, else as they came."""
    asked = [
        {other for other in range(len(steps)) for name in one.after if steps[other].is_called(name)} for one in steps
    ]
    for one in steps:
        unknown = [name for name in one.after if not any(other.is_called(name) for other in steps)]
        if unknown:
            return Reason(
                ReasonCode.UNSUPPORTED, f"{one.intent} comes after {unknown[0]!r}, which is no step of the plan."
            )
    before = [_reachable(number, asked) for number in range(len(steps))]
    circle = [steps[number].intent for number, found in enumerate(before) if number in found]
    if circle:
        return Reason(ReasonCode.UNSUPPORTED, f"These steps would each come after the other: {', '.join(circle)}.")
    rest, made = list(range(len(steps))), list[PlanStep]()
    while rest:
        ready = [one for one in rest if not before[one] & {*rest}]
        chosen = next((one for one in ready if not _waits(one, ready, steps, intents)), ready[0])
        rest.remove(chosen)
        made.append(steps[chosen])
    return made


def _reachable(number: int, edges: Sequence[set[int]]) -> set[int]:
    found: set[int] = set()
    pending = [*edges[number]]
    while pending:
        one = pending.pop()
        if one not in found:
            found.add(one)
            pending += edges[one]
    return found


def _waits(number: int, ready: Sequence[int], steps: Sequence[PlanStep], intents: Mapping[str, AnyIntent]) -> bool:
    """Return whether the intent of another step goes first: one about a place in the text as it is, or a named one."""
    intent = intents[steps[number].intent]
    others = [intents[steps[one].intent] for one in ready if one != number]
    placed = intent.find is not None and any(one.find is None for one in others)
    return placed or any(one.name in _before(intent, intents) for one in others)


def _before(intent: AnyIntent, intents: Mapping[str, AnyIntent]) -> set[str]:
    found: set[str] = set()
    pending = [*intent.after]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += intents[name].after
    return found
