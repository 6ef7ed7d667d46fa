"""Trying candidates by the tests, with growing timeouts: most endless loops are detected cheaply."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.repair.candidates import Candidate
from grace_workers.coding.recording import TestRun
from grace_workers.coding.suite import Conversation

_CHUNK = 60
_GRACE, _SLOW = 0.01, 0.3
_WALL = 5.0


Timed = tuple[int, TestRun]
"""A test by its place in the collection, with its run."""


class Verdict(StrEnum):
    """The result of a candidate."""

    PASS = "pass"  # noqa: S105 - the trial program's word
    FAIL = "fail"
    TIME = "time"
    UNFIT = "unfit"


@dataclass(frozen=True, slots=True)
class Selected:
    """The tests that judge candidates: those that fail, then those that pass through a suspect, the quickest first."""

    failing: tuple[Timed, ...]
    passing: tuple[Timed, ...]

    @property
    def numbers(self) -> list[int]:
        """The places of the tests in the collection, in the order in which they judge."""
        return [number for number, _ in (*self.failing, *self.passing)]

    def seconds(self, patience: float) -> list[float]:
        """Return the CPU seconds that each test may take. `patience` is for those whose real time is unknown."""
        return [_limit(run, patience) for _, run in (*self.failing, *self.passing)]


@dataclass(slots=True)
class Trials:
    """Tries candidates over one session, and counts them."""

    talk: Conversation
    selected: Selected
    deadline: Deadline
    tried: int = 0
    late: list[tuple[int, Candidate]] = field(default_factory=list)
    hopeful: list[tuple[int, Candidate]] = field(default_factory=list)
    ended: bool = False

    def passing(self, candidates: Iterator[Candidate], patience: float) -> Iterator[tuple[int, Candidate]]:
        """Yield the candidates that pass every selected test, with their place in the order."""
        place = 0
        while chunk := list(islice(candidates, _CHUNK)):
            verdicts = self._verdicts(chunk, patience)
            if verdicts is None:
                self.ended = True
                return
            for number, (candidate, verdict) in enumerate(zip(chunk, verdicts, strict=True)):
                if verdict is Verdict.PASS:
                    yield place + number, candidate
            place += len(chunk)

    def slow(self, least: int = 0) -> list[Candidate]:
        """Return, and forget, those that took too long after `least` tests had passed, first those that passed most."""
        ordered = sorted(self.late, key=lambda one: (-one[0], -one[1].score))
        self.late = [one for one in ordered if one[0] < least]
        return [candidate for passed, candidate in ordered if passed >= least]

    def _verdicts(self, chunk: Sequence[Candidate], patience: float) -> list[Verdict] | None:
        """Return the verdicts; None when the time is up or the program has ended."""
        if self.deadline.left <= 0:
            return None
        seconds = self.selected.seconds(patience)
        request = {"tests": self.selected.numbers, "seconds": seconds, "whole": False, "wall": sum(seconds) + _WALL}
        answers = self.talk.ask({"do": "try", "candidates": [one.plain() for one in chunk], **request})
        if answers is None:
            return None
        self.tried += len(chunk)
        for candidate, answer in zip(chunk, answers, strict=True):
            passed = answer["said"].count("P")
            if answer["verdict"] == Verdict.TIME:
                self.late.append((passed, candidate))
            elif answer["verdict"] == Verdict.FAIL and passed:
                self.hopeful.append((passed, candidate))
        return [Verdict(answer["verdict"]) for answer in answers]


def _limit(run: TestRun, patience: float) -> float:
    if run.hung:
        return patience
    known = min(10 * run.seconds + _GRACE, 3 * run.seconds + _SLOW)
    return max(known, patience) if run.failed else max(known, min(patience, 1.0))
