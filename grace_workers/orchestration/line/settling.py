"""Whether targets are well before the end of a run: between two turns of a rolling step, and after a wait.

Otherwise a remedy that harms would go over a whole service before the run is verified.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from grace_workers.orchestration.line.execution import KILL_LOOK, KillOrder
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.readings import observe
from grace_workers.playbooks import Expectation
from grace_workers.verification import Observation, Passed, Verdict, judge, next_look, open_expectations, trimmed

_NOW = timedelta(seconds=10)


def unsettled(line: Line, expectations: Sequence[Expectation], baseline: Mapping[str, float]) -> str | None:
    """Wait until all of `expectations` are met; return why they are not, or None once they are.

    It also returns None as soon as the kill switch is on, which the next step then finds.
    """
    since, seen, killed = line.clock.now(), tuple[Observation, ...](), KillOrder(line)
    while killed() is None:
        elapsed = line.clock.now() - since
        verdict = judge(expectations, seen, baseline, elapsed=elapsed)
        if verdict is not None:
            return None if isinstance(verdict, Passed) else "; ".join(verdict.reasons)
        seen = trimmed(expectations, seen, baseline, elapsed=elapsed)
        pause = next_look(expectations, seen, baseline, elapsed=elapsed) or timedelta(0)
        if pause:
            line.pause(min(pause.total_seconds(), KILL_LOOK))
        if pause.total_seconds() <= KILL_LOOK:
            looked = open_expectations(expectations, seen, baseline)
            seen = (*seen, *(observe(line, item, since) for item in looked))
    return None


def look_once(line: Line, expectations: Sequence[Expectation], baseline: Mapping[str, float]) -> Verdict | None:
    """Return what one reading of each expectation says, whatever it must hold for."""
    since, now = line.clock.now(), [replace(one, within=_NOW, hold=timedelta(0)) for one in expectations]
    return judge(now, [observe(line, one, since) for one in now], baseline, elapsed=_NOW)
