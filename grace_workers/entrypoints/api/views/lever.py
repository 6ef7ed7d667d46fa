"""The fleet's levers."""

from typing import Self

from pydantic import Field

from grace_workers.entrypoints.api.views.view import Moment, Seconds, View
from grace_workers.orchestration.levers import LeverStanding


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
