"""What the optimiser remembers: the plan it asked for, the experiment that runs, and what it has tried."""

from datetime import datetime, timedelta

from pydantic import Field

from grace_workers.foundation.document import Document, JsonValue

MOST_TRIED, MOST_BLOCKS = 200, 100
MOST_SHOWN = 11
"""Of how many earlier experiments the blocks are remembered, too."""
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


class SeenBlock(Document):
    """The time of a job in one block, and whether it ran with the other value."""

    other: bool
    seconds: float


class SeenBlocks(Document):
    """What the blocks of an experiment have shown: the gain and its bounds, None where nothing bounds it yet."""

    blocks: tuple[SeenBlock, ...] = Field(default=(), max_length=MOST_BLOCKS)
    gain: float | None = None
    low: float | None = None
    high: float | None = None


class Asked(Pair):
    """A plan that was submitted: the trial of a value, or with `promotes` its promotion, for which blocks spoke."""

    why: str
    at: datetime
    promotes: bool = False
    gain: float = 0.0
    began: datetime | None = None
    seen: SeenBlocks = SeenBlocks()

    @property
    def plan(self) -> str:
        """The name of the plan."""
        return f"{'tune' if self.promotes else 'try'}_{self.lever}"


class UnderTest(Pair):
    """An experiment: blocks with both values, in turns."""

    why: str
    began: datetime
    seen: SeenBlocks = SeenBlocks()


class Tried(Pair):
    """An experiment that ended, how, and the gain that it measured: 0.05 is about 5 % less time."""

    at: datetime
    end: str
    gain: float = 0.0
    promoted: bool = False
    began: datetime | None = None
    seen: SeenBlocks = SeenBlocks()

    @property
    def sentence(self) -> str:
        """What is told of it."""
        return f"{self.lever} {self.present} against {self.other} has ended: {self.end}"


class TuningMemory(Document):
    """All of it. The newest `tried` come last; `scaled` is when more instances were asked for, by pool."""

    asked: Asked | None = None
    running: UnderTest | None = None
    tried: tuple[Tried, ...] = Field(default=(), max_length=MOST_TRIED)
    scaled: dict[str, datetime] = Field(default_factory=dict)

    def after(self, ended: Tried) -> "TuningMemory":
        """Return what is remembered once an experiment has ended; of earlier ones only the newest keep their blocks."""
        earlier = [
            one
            if one.seen.blocks == ()
            else one.model_copy(update={"seen": one.seen.model_copy(update={"blocks": ()})})
            for one in self.tried[:-MOST_SHOWN]
        ]
        return TuningMemory(tried=(*earlier, *self.tried[-MOST_SHOWN:], ended)[-MOST_TRIED:])

    @classmethod
    def of(cls, stored: JsonValue) -> "TuningMemory":
        """Return what is stored; nothing before the first look. Raises InputError."""
        return cls() if stored is None else cls.read(stored, "the optimiser's memory")
