"""The result of one pass of the sealer, and how often it passes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from grace_workers.adapters.postgres.jobs.tuned import UNTOUCHED, Levers
from grace_workers.audit import (
    Checkpoint,
)
from grace_workers.foundation.errors import IntegrityError
from grace_workers.foundation.standby import News


class SealRefusedError(IntegrityError):
    """The log does not continue what was signed last; a person must look before anything more is signed."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Entries were sealed; `checkpoint` is the newest signed one, None when the pass did not sign."""

    count: int
    checkpoint: Checkpoint | None


@dataclass(frozen=True, slots=True)
class NothingToDo:
    """No entry waited."""


@dataclass(frozen=True, slots=True)
class NotTheSealer:
    """Another sealer was at work, or `why` says what this process lacks to seal at all."""

    why: str = ""


Pass = Sealed | NothingToDo | NotTheSealer


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often to seal and to sign, and how many entries to seal in one pass at most.

    While nothing waits, the log is compared with the last signed checkpoint every `prove_every`. With `news`, the
    sealer then waits for news instead of looking.

    A sealer that does not lead only stands by, and looks less often, unless it finds that no other node seals,
    because the leader may lack the key. The `levers` may change `seal_every`.
    """

    seal_every: timedelta = timedelta(milliseconds=50)
    sign_every: timedelta = timedelta(milliseconds=200)
    batch: int = 5_000
    leads: Callable[[], bool] = lambda: True
    prove_every: timedelta = timedelta(milliseconds=200)
    news: News | None = None
    levers: Levers = UNTOUCHED


RHYTHM = Rhythm()
