"""Ochiai over lines, by the recorded runs.

R. Abreu, P. Zoeteweij, A. J. C. van Gemund, "An Evaluation of Similarity Coefficients for Software Fault Localization",
2006: the failing tests that execute the line, divided by the square root of all failing tests times all tests that
execute it.
"""

from collections import Counter
from collections.abc import Mapping
from math import sqrt

from grace_workers.coding.recording import Recording

Place = tuple[str, int]


def ochiai(recording: Recording) -> Mapping[Place, float]:
    """Return the suspicion of every line that a failing test executes, in (0, 1]."""
    ends = [*recording.ends]
    failing = [run for run in ends if run.failed]
    passing = [run for run in ends if not run.failed]
    failed = Counter(place for run in failing for place in _places(run.lines))
    passed = Counter(place for run in passing for place in _places(run.lines))
    everyone = sum(1 for run in failing if run.lines)
    return {place: hits / sqrt(everyone * (hits + passed[place])) for place, hits in failed.items()}


def _places(lines: Mapping[str, object]) -> set[Place]:
    return {(file, line) for file, hits in lines.items() if isinstance(hits, list) for line in hits}
