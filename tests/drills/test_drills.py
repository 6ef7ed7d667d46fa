"""Every shipped playbook heals its fault, a real one, through the whole line, and leaves alone what is well."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from grace_workers.actions import OutcomeStatus
from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from grace_workers.foundation.ids import IncidentId
from grace_workers.orchestration.dossier import Closing
from grace_workers.orchestration.line.execution import TOUCHED
from grace_workers.orchestration.queries import IncidentView
from grace_workers.signals import IncidentState
from grace_workers.testing import rehearse_plan
from grace_workers.verification import Passed, failing_before
from tests.conftest import _database
from tests.drills.catalog import NAMES, drill_of, playbook_of
from tests.drills.line import DrillLine, open_line
from tests.drills.stage import Stage


def cases() -> list[object]:
    """Return each drill; those that are not quick run by `make drills` only."""
    return [pytest.param(name, marks=[] if drill_of(name).quick else [pytest.mark.drills]) for name in NAMES]


class Play:
    """One drill on its stage. What is to heal has a line of its own, because a line remembers."""

    def __init__(self, name: str, postgres: EmbeddedPostgres, template: str, valkey: EmbeddedValkey, stage: Stage):
        self.name, self.stage = name, stage
        self._postgres, self._template, self._valkey = postgres, template, valkey
        self.drill = drill_of(name)(stage)
        self._targets = self.drill.targets()

    @contextmanager
    def line(self) -> Iterator[DrillLine]:
        with (
            _database(self._postgres, self._template) as url,
            open_line(url, self._valkey.url, self.stage.folder / "data", self._targets) as line,
        ):
            self.stage.world = line.runtime.line.world
            yield line

    def report(self, line: DrillLine, case: str) -> IncidentId:
        return line.report(self.drill.subject, self.drill.signal, self.drill.words, case)

    def leaves_alone(self, line: DrillLine, case: str) -> None:
        """Report the fault, although there is none: nothing must be touched, and all must stay well."""
        assert self.drill.well()
        view = line.ended(self.report(line, case))
        assert touched(view) == [], story(view)
        assert view.dossier.closing is not Closing.HEALED, story(view)
        assert self.drill.well()

    def heals(self, line: DrillLine) -> None:
        """Break it, report it, and see the playbook mend it."""
        self.drill.break_it()
        incident = self.report(line, "broken")
        view = line.decided(incident)
        self._plans(view)
        self._does_not_pass_by_doing_nothing(view)
        self._asks(line, view)
        view = line.ended(incident)
        assert view.dossier.closing is Closing.HEALED, story(view)
        assert [one.outcome["status"] for one in view.steps] == [OutcomeStatus.DONE] * len(view.steps), story(view)
        assert self.drill.well(), story(view)

    def _plans(self, view: IncidentView) -> None:
        assert view.dossier.plan is not None, story(view)
        assert view.dossier.plan.playbook == playbook_of(self.name), story(view)
        found = [] if view.dossier.diagnosis is None else [one.cause for one in view.dossier.diagnosis.hypotheses]
        assert self.drill.cause is None or self.drill.cause in found, story(view)

    def _does_not_pass_by_doing_nothing(self, view: IncidentView) -> None:
        plan = view.dossier.plan
        assert plan is not None
        idle = rehearse_plan(replace(plan, steps=()), self.stage.world)
        assert not isinstance(idle.verdict, Passed), "doing nothing passes"
        assert failing_before(plan.expectations, idle.before) == tuple(one for one in plan.expectations if one.proves)
        assert not self.drill.well()

    def _asks(self, line: DrillLine, view: IncidentView) -> None:
        asked = view.dossier.incident.state is IncidentState.AWAITING_APPROVAL
        assert asked is (self.drill.asks is not None), story(view)
        if self.drill.asks is not None:
            line.agree(view, self.drill.asks)


@pytest.fixture
def play(
    request: pytest.FixtureRequest,
    postgres_server: EmbeddedPostgres,
    migrated_template: str,
    valkey_server: EmbeddedValkey,
    tmp_path: Path,
) -> Iterator[Play]:
    if missing := drill_of(request.param).missing():
        pytest.skip(missing)
    with ExitStack() as stack:
        yield Play(
            request.param, postgres_server, migrated_template, valkey_server, Stage(tmp_path, postgres_server, stack)
        )


def touched(view: IncidentView) -> list[str]:
    return [one.step for one in view.steps if one.state in TOUCHED]


def story(view: IncidentView) -> str:
    told = [f"{one.stage}: {one.headline}" for one in view.timeline]
    steps = [f"{one.step}: {one.state} {one.outcome}" for one in view.steps]
    return "\n".join([str(view.dossier.closing), *told, *steps, *view.dossier.reasons])


@pytest.mark.parametrize("play", cases(), indirect=True)
def test_a_playbook_heals_its_fault_and_leaves_alone_what_is_well(play: Play) -> None:
    with play.line() as line:
        play.drill.open()
        play.leaves_alone(line, "well")
        play.drill.mislead()
        play.leaves_alone(line, "misleading")
        play.drill.clear()
        play.drill.break_it()
        assert not play.drill.well()
        play.drill.revert()
        play.leaves_alone(line, "recovered")
    with play.line() as line:
        play.heals(line)
