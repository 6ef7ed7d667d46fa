"""The fleet's levers."""

from typing import Any, Self

from pydantic import Field

from grace_workers.cycles import SeenBlocks, Tried, UnderTest
from grace_workers.entrypoints.api.views.view import Moment, Seconds, View
from grace_workers.orchestration.levers import LeverExperiments, LeverStanding


class LeverView(View):
    """A figure of the fleet that may be changed while it runs. An experiment runs from `began` on, in blocks."""

    name: str
    summary: str
    unit: str
    value: int
    changed: bool = Field(description="whether it differs from the settings because a plan has set it")
    lowest: int
    highest: int
    on_trial: int | None
    began: Moment | None
    block: Seconds | None

    @classmethod
    def of_standing(cls, standing: LeverStanding) -> Self:
        """Return the view."""
        lever, setting = standing.lever, standing.setting
        times = setting.schedule
        return cls(
            name=lever.name,
            summary=lever.summary,
            unit=lever.unit,
            value=standing.value,
            changed=setting.value is not None,
            lowest=lever.lowest,
            highest=lever.highest,
            on_trial=setting.trial,
            began=None if times is None else times.began,
            block=None if times is None else times.block,
        )


class ExperimentBlockView(View):
    """One block: the time of a job in it, from due to done, and whether it ran with the other value."""

    other: bool
    seconds: Seconds


class ExperimentView(View):
    """A comparison of two values of a lever in blocks of time that take turns.

    `gain` is how much less time a job takes with the other value, as a share; it lies between `low` and `high` at every
    moment at once with 80 %. None: not known yet.
    """

    lever: str
    present: int
    other: int
    state: str = Field(description="running, promoted or dropped")
    told: str = Field(description="why it was begun, or how it ended")
    began: Moment | None
    ended: Moment | None
    gain: float | None
    low: float | None
    high: float | None
    blocks: list[ExperimentBlockView] = Field(description="of the newest experiments only, oldest block first")

    @classmethod
    def of_running(cls, one: UnderTest) -> Self:
        """Return the view of the experiment that runs."""
        return cls(**one.pair, state="running", told=one.why, began=one.began, ended=None, **_shown(one.seen))

    @classmethod
    def of_tried(cls, one: Tried) -> Self:
        """Return the view of one that is over."""
        state = "promoted" if one.promoted else "dropped"
        return cls(**one.pair, state=state, told=one.end, began=one.began, ended=one.at, **_shown(one.seen))


class ExperimentsView(View):
    """The experiment that runs, and those that are over, the newest first."""

    running: ExperimentView | None
    past: list[ExperimentView]

    @classmethod
    def of_all(cls, found: LeverExperiments, most: int) -> Self:
        """Return the view, with at most so many that are over."""
        return cls(
            running=None if found.running is None else ExperimentView.of_running(found.running),
            past=[ExperimentView.of_tried(one) for one in found.past[:most]],
        )


def _shown(seen: SeenBlocks) -> dict[str, Any]:
    blocks = [ExperimentBlockView.of(one) for one in seen.blocks]
    return {"gain": seen.gain, "low": seen.low, "high": seen.high, "blocks": blocks}
