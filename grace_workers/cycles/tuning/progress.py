"""What the optimiser remembers: the plan it asked for, the experiment that runs, and what it has tried."""

from datetime import datetime, timedelta

from pydantic import Field

from grace_workers.foundation.document import Document, JsonValue

MOST_TRIED = 200
AGAIN_AFTER = timedelta(days=7)
"""When a promoted value is compared once more with the one it replaced."""


class Pair(Document):
    """Two values of a lever: the present one, and the other that may be better."""

    lever: str
    present: int
    other: int

    @property
    def pair(self) -> dict[str, JsonValue]:
        """The values alone."""
        return {"lever": self.lever, "present": self.present, "other": self.other}


class Asked(Pair):
    """A plan that was submitted: the trial of a value, or with `promotes` its promotion."""

    why: str
    at: datetime
    promotes: bool = False
    gain: float = 0.0

    @property
    def plan(self) -> str:
        """The name of the plan."""
        return f"{'tune' if self.promotes else 'try'}_{self.lever}"


class UnderTest(Pair):
    """An experiment: blocks with both values, in turns."""

    why: str
    began: datetime


class Tried(Pair):
    """An experiment that ended, how, and the gain that it measured: 0.05 is about 5 % less time."""

    at: datetime
    end: str
    gain: float = 0.0
    promoted: bool = False

    @property
    def sentence(self) -> str:
        """What is told of it."""
        return f"{self.lever} {self.present} against {self.other} has ended: {self.end}"


class TuningMemory(Document):
    """All of it. The newest `tried` come last."""

    asked: Asked | None = None
    running: UnderTest | None = None
    tried: tuple[Tried, ...] = Field(default=(), max_length=MOST_TRIED)

    def after(self, ended: Tried) -> "TuningMemory":
        """Return what is remembered once an experiment has ended; nothing is asked for or runs then."""
        return TuningMemory(tried=(*self.tried, ended)[-MOST_TRIED:])
