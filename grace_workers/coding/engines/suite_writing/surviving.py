"""Mutants that the tests which are there do not notice."""

from collections.abc import Sequence

from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.localisation.evidence import SourceTree, covers
from grace_workers.coding.engines.repair.candidates import Candidate
from grace_workers.coding.recording import Recording
from grace_workers.coding.suite import RecordingPlan, Suite

_SECONDS, _WALL, _CHUNK = 0.1, 20.0, 40
_MOST_TESTS, _SLOWEST = 60, 0.5
_KILLED = {"fail", "time"}


def try_request(
    candidates: Sequence[object], tests: Sequence[int], *, whole: bool = False, wall: float = _WALL
) -> dict[str, object]:
    """Return the request that tells of every test how it ends with each candidate, each in `wall` seconds."""
    seconds = [_SECONDS * (10 if whole else 1)] * len(tests)
    return {
        "do": "try", "candidates": candidates, "tests": tests, "seconds": seconds, "whole": whole, "every": True,
        "wall": wall,
    }  # fmt: skip


def surviving(
    mutants: Sequence[Candidate], others: Suite, file: str, tree: SourceTree, deadline: Deadline
) -> list[Candidate]:
    """Return the mutants with which the quick tests of `others` pass; all of them if these cannot be run in time."""
    recording = others.record(
        deadline, how=RecordingPlan(files=(file,), trace_seconds=deadline.left / 2, allowance=5.0)
    )
    if recording is None:
        return list(mutants)
    killed: set[int] = set()
    with others.serve(deadline) as talk:
        ready = talk.answer()
        if ready is None or ready["event"] != "ready":
            return list(mutants)
        place = {name: number for number, name in enumerate(ready["ids"])}
        for function in dict.fromkeys(one.function[1] for one in mutants):
            members = [number for number, one in enumerate(mutants) if one.function[1] == function]
            tests = [place[name] for name in _through(function, file, tree, recording) if name in place]
            for start in range(0, len(members) if tests else 0, _CHUNK):
                chunk = members[start : start + _CHUNK]
                told = talk.ask({**try_request([mutants[one].plain() for one in chunk], tests), "every": False})
                if told is None:
                    return [one for number, one in enumerate(mutants) if number not in killed]
                killed |= {one for one, answer in zip(chunk, told, strict=True) if answer["verdict"] in _KILLED}
    return [one for number, one in enumerate(mutants) if number not in killed]


def _through(name: str, file: str, tree: SourceTree, recording: Recording) -> list[str]:
    """Return the passing tests that execute a function, the quickest first."""
    index = tree.index(file)
    function = index.named(name) if index is not None else None
    if function is None:
        return []
    found = [run for run in recording.passing if run.seconds < _SLOWEST and covers(run.lines, file, function)]
    return [run.name for run in sorted(found, key=lambda run: (run.seconds, run.name))][:_MOST_TESTS]
