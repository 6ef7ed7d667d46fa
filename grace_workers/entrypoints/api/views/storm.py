"""What the fleet does and does not do by itself at the moment."""

from typing import Self

from pydantic import Field

from grace_workers.entrypoints.api.views.view import Moment, View
from grace_workers.governance import Load, StormLimits


class BrakeView(View):
    """What stopped the fleet from acting by itself in a scope. Only a person lifts it."""

    scope: str = Field(description="`fleet`, or a label and its value: `service=shop`")
    why: str
    at: Moment


class TallyView(View):
    """The runs of one scope, and its limits; null where it has none."""

    scope: str
    in_progress: int
    at_once: int | None
    automatic_within_the_hour: int
    per_hour: int | None


class StormView(View):
    """The load of the fleet: its brakes, its runs by scope, and the targets that are down."""

    brakes: list[BrakeView]
    runs: list[TallyView]
    down: list[str]

    @classmethod
    def at(cls, load: Load, limits: StormLimits) -> Self:
        """Return the view of a load under these limits."""
        runs = []
        for scope, tally in sorted({"fleet": None, **load.tallies}.items()):
            at_once, per_hour = limits.allowance(scope)
            runs.append(
                TallyView(
                    scope=scope,
                    in_progress=tally.at_once if tally else 0,
                    at_once=at_once,
                    automatic_within_the_hour=tally.begun if tally else 0,
                    per_hour=per_hour,
                )
            )
        return cls(brakes=[BrakeView.of(one) for one in load.brakes], runs=runs, down=sorted(load.down))
