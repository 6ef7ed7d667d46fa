"""Taking the steps of a run in rounds: one at a time or several targets at a time, with conditions and fallbacks.

What was decided about a step is in its row before anything follows from it, so a resumed run decides it the same way.
"""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from itertools import islice

from grace_workers.actions import Outcome, OutcomeStatus
from grace_workers.fleet import DEAD_AFTER
from grace_workers.foundation.errors import GraceError
from grace_workers.governance import breach
from grace_workers.orchestration.dossier import Dossier, JournalRow, OpenQuestion, StepState, StepWait
from grace_workers.orchestration.job import Claim
from grace_workers.orchestration.line.ending import under_contract
from grace_workers.orchestration.line.execution import (
    BEING_UNDONE,
    HALTED,
    TOUCHED,
    KillOrder,
    hold,
    outcome_json,
    put_back,
    row_of,
    snapshot_row,
    take,
    write,
)
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.readings import read_check
from grace_workers.orchestration.line.settling import unsettled
from grace_workers.playbooks import Plan, Question, Round, Step, StepCondition, StepTurn
from grace_workers.verification import fits

# For this many seconds after a node's heartbeat, no other node takes its claims.
_STILL_OURS = DEAD_AFTER.total_seconds() / 2
_ACTED = TOUCHED | {StepState.REPLACED}


@dataclass(frozen=True, slots=True)
class Stop:
    """Why the run goes no further. `by_people`: they turned a switch, which does not count against the playbook."""

    why: str
    by_people: bool = False
    gate: str = "first_effect"


@dataclass(frozen=True, slots=True)
class Asks:
    """A person must answer this question before the run goes on."""

    step: Step
    question: OpenQuestion


@dataclass(frozen=True, slots=True)
class Rests:
    """Time must pass before the step is taken."""

    wait: StepWait


End = Stop | Asks | Rests
"""What a run does instead of going on."""


@dataclass(frozen=True, slots=True)
class RunInProgress:
    """A run in progress: its plan, the claim it acts under, and its rows, which change as steps are taken.

    Turns of one round run in threads. Each writes only the rows of its own steps.
    """

    line: Line
    dossier: Dossier
    plan: Plan
    claim: Claim
    rows: dict[int, JournalRow]

    @property
    def touched(self) -> bool:
        """Whether a step of this run has acted, or may have; what the run that it resumes did does not count."""
        return any(row.state in _ACTED and row.attempt > 0 for row in list(self.rows.values()))

    @property
    def goes_on(self) -> bool:
        """Whether steps of the run that this one resumes stand."""
        return any(row.state in _ACTED and row.attempt == 0 for row in list(self.rows.values()))

    def interrupted(self) -> Stop | None:
        """Return why an earlier attempt was restoring the run, if it was."""
        replaceable = {one.fallback_of for one in self.plan.steps}
        for row in self.rows.values():
            awaits_fallback = row.state is StepState.FAILED and row.step in replaceable and not halted(row)
            if row.state in BEING_UNDONE and not awaits_fallback:
                why = f"step {row.step!r} was being restored: {detail(row)}"
                return Stop(why, by_people=halted(row))
        return None

    def take(self) -> End | None:
        """Take every step that is not done yet, in order; return why the run goes no further, if it does not."""
        for one in self.plan.rounds:
            stop = self._together(one) if one.at_once > 1 else self._in_turn(one)
            if stop is not None:
                return self._or_killed(stop)
        return None

    def _or_killed(self, end: End) -> End:
        """Return the kill switch in place of a pause, in which no step would look at it."""
        why = KillOrder(self.line)() if isinstance(end, Asks | Rests) else None
        return end if why is None else Stop(why, by_people=True)

    def details(self) -> list[str]:
        """Return a sentence for each step that something was decided about, in order."""
        known = [self.rows[step.index] for step in self.plan.steps if step.index in self.rows]
        return [f"{row.step}: {detail(row)}" for row in known if row.state is not StepState.SNAPSHOTTED]

    def _in_turn(self, one: Round) -> End | None:
        return next((stop for turn in one.turns if (stop := self._whole_turn(one, turn)) is not None), None)

    def _together(self, one: Round) -> End | None:
        """Take several turns at a time. Those in progress end when one has failed; no other begins."""
        waiting = (partial(self._whole_turn, one, turn) for turn in one.turns)
        stop: End | None = None
        with ThreadPoolExecutor(one.at_once, thread_name_prefix="round") as pool:
            running = {self._begin(pool, act) for act in islice(waiting, one.at_once)}
            while running:
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                found = [future.result() for future in ended]
                stop = stop or next((each for each in found if each is not None), None)
                if stop is None:
                    running |= {self._begin(pool, act) for act in islice(waiting, len(found))}
        return stop

    def _begin(self, pool: ThreadPoolExecutor, act: "Callable[[], End | None]") -> "Future[End | None]":
        # The log and the trace of a thread name the incident too.
        return pool.submit(copy_context().run, act)

    def _whole_turn(self, one: Round, turn: StepTurn) -> End | None:
        """Take a turn; if another may follow on the next target, wait until what is expected of this one is met."""
        stop = self._turn(turn)
        if stop is not None or turn is one.turns[-1] or self.rows[turn.step.index].state is StepState.SKIPPED:
            return stop
        target = turn.step.target
        expected = [item for item in self.plan.expectations if item.target == target]
        unmet = unsettled(self.line, expected, self.dossier.baseline) if expected else None
        return None if unmet is None else Stop(f"{target} was not well after step {turn.step.id!r}: {unmet}")

    def _turn(self, turn: StepTurn) -> End | None:
        """Take a step, or its fallback if it failed."""
        step, fallback = turn.step, turn.fallback
        before = self.rows.get(step.index)
        if step.when is not None and before is not None and before.state is StepState.SNAPSHOTTED:
            # What was read and saved before an interruption may be out of date, and nothing followed from it yet.
            del self.rows[step.index]
        open_end = None if step.index in self.rows else self._decide(step)
        if open_end is not None:
            return open_end
        row = self.rows.get(step.index)
        state = None if row is None else row.state
        if state in {StepState.SKIPPED, StepState.DONE}:
            return None
        if state is StepState.REPLACED and fallback is not None:
            return self._act(fallback)
        if state is not StepState.FAILED:
            stop, row = self._act(step), self.rows.get(step.index)
            if stop is None or row is None or row.state is not StepState.FAILED or halted(row):
                return stop
        return self._fall_back(step, self.rows[step.index], fallback)

    def _decide(self, step: Step) -> End | None:
        """Find out whether the step is taken, ask for what must be known first, and record if it is left out."""
        if step.wait is not None and (rests := self._rests(step, step.wait)) is not None:
            return rests
        if step.when is not None:
            unmet = self._unmet(step, step.when)
            if isinstance(unmet, Stop):
                return unmet
            if unmet is not None:
                self._leave_out(step, unmet)
                return None
        if step.ask is not None and step.id not in self.dossier.answers:
            return self._asked_of_people(step, step.ask)
        for name, value in step.if_answered.items():
            asked, _, part = name.partition(".")
            given = self.dossier.answered.get(asked, {}).get(part)
            if given != value:
                self._leave_out(step, f"{name} is {given!r}, not {value!r}")
                return None
        return None

    def _rests(self, step: Step, wait: timedelta) -> Rests | None:
        """Return until when the run rests before this step; None if that is over."""
        known, now = self.dossier.wait, self.line.clock.now()
        if known is None or known.step != step.id:
            known = StepWait(step=step.id, until=now + wait)
        return Rests(known) if now < known.until else None

    def _unmet(self, step: Step, when: StepCondition) -> Stop | str | None:
        """Return why the condition is not met; what cannot be read stops the run, because it may matter."""
        try:
            read = read_check(self.line, when.check, when.target, when.params)
        except GraceError as error:
            return Stop(f"the condition of step {step.id!r} could not be read: {error}")
        if fits(read, when.operator, when.bound):
            return None
        return f"{when.check} of {when.target} read {read:g}, not {when.operator} {when.bound:g}"

    def _leave_out(self, step: Step, why: str) -> None:
        row = row_of(self.line, self.plan, step, self.claim, {})
        self._write(row, StepState.SKIPPED, Outcome(status=OutcomeStatus.UNCHANGED, detail=f"left out: {why}"))

    def _asked_of_people(self, step: Step, ask: Question) -> Stop | Asks:
        now, known = self.line.clock.now(), self.dossier.question
        if known is None or known.step != step.id:
            return Asks(step, OpenQuestion(step=step.id, asked_at=now, expires_at=now + ask.within))
        if now < known.expires_at:
            return Asks(step, known)
        why = f"no one answered the question of step {step.id!r} until {known.expires_at:%H:%M:%S} UTC"
        return Stop(why, by_people=True, gate="question")

    def _fall_back(self, step: Step, row: JournalRow, fallback: Step | None) -> Stop | None:
        why = f"step {step.id!r} failed: {detail(row)}"
        if fallback is None:
            return Stop(why)
        state, outcome = put_back(self.line, step, row)
        if state is not StepState.RESTORED:
            self._write(row, state, outcome)
            return Stop(f"{why}; restoring it failed too: {outcome.detail}")
        told = f"failed ({detail(row)}) and was restored ({outcome.detail}); {fallback.id} is taken instead"
        self._write(row, StepState.REPLACED, replace(outcome, detail=told))
        return self._act(fallback)

    def _act(self, step: Step) -> Stop | None:
        row = self.rows.get(step.index)
        if row is None:
            try:
                row = snapshot_row(self.line, self.plan, step, self.claim)
            except GraceError as error:
                return Stop(f"the state before step {step.id!r} could not be saved: {error}")
            write(self.line, self.plan.id, row, self.claim)
            self.rows[step.index] = row
        if row.state is StepState.DONE:
            return None
        stop = self._intend(step, row)
        if stop is not None:
            return stop
        outcome = take(self.line, step, row)
        failed = outcome.status is OutcomeStatus.FAILED
        acted = self._write(row, StepState.FAILED if failed else StepState.DONE, outcome)
        if not failed:
            return None
        if halted(acted):
            return Stop(f"in step {step.id!r}, {detail(acted)}", by_people=True)
        return Stop(f"step {step.id!r} failed: {detail(acted)}")

    def _write(self, row: JournalRow, state: StepState, outcome: Outcome) -> JournalRow:
        after = replace(row, state=state, outcome=outcome_json(outcome))
        write(self.line, self.plan.id, after, self.claim)
        self.rows[row.index] = after
        return after

    def _intend(self, step: Step, row: JournalRow) -> Stop | None:
        """Record that the step is about to act, unless the contract or a switch forbids it; return why not.

        A process that was frozen or cut off meanwhile checks again, because others may have its claim by now.

        Raises:
            FencedError: others have the claim.
        """
        while True:
            asked = self.line.clock.monotonic()
            stop = self._asked(step, row)
            if stop is not None or self.line.clock.monotonic() - asked < _STILL_OURS:
                return stop

    def _asked(self, step: Step, row: JournalRow) -> Stop | None:
        now = self.line.clock.now()
        with self.line.ledger.transaction() as tx:
            hold(tx, self.plan.id, self.claim)
            kill, freeze = tx.switches.read("kill"), None if self.touched else tx.switches.read("freeze")
            forbidden = breach(under_contract(self.dossier), self.plan, step, kill=kill, freeze=freeze, now=now)
            if forbidden is not None:
                return Stop(forbidden, by_people=kill.on or (freeze is not None and freeze.on))
            if row.state is StepState.SNAPSHOTTED:
                intended = replace(row, state=StepState.INTENDED, attempt=self.claim.attempt, updated_at=now)
                tx.journal.write(self.plan.id, intended)
        return None


def halted(row: JournalRow) -> bool:
    """Return whether the kill switch stopped the step."""
    data = (row.outcome or {}).get("data")
    return isinstance(data, dict) and data.get(HALTED) is True


def detail(row: JournalRow) -> str:
    """Return what became of the step."""
    return str((row.outcome or {}).get("detail", ""))
