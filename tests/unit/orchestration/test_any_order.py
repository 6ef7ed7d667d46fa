"""Whatever comes in whatever order, with deaths and frozen workers anywhere, the line keeps its promises."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from grace_workers.actions import Repeat
from grace_workers.foundation.errors import ConflictError
from grace_workers.foundation.ids import IncidentId, PlanId, TargetName
from grace_workers.governance import Role
from grace_workers.orchestration import approvals, operations, switches
from grace_workers.orchestration.dossier import Dossier, JournalRow, StepState
from grace_workers.orchestration.job import Pool, Priority
from grace_workers.orchestration.line.arrows import ARROWS, RESTING
from grace_workers.orchestration.line.line import stage_of
from grace_workers.orchestration.line.stalled import rescue
from grace_workers.orchestration.line.transition import advance_request
from grace_workers.signals import IncidentState, Severity, SignalStatus, sign
from tests.builders import PARTNER, WEB, CrashError, Ward, crash, interrupted, signal

pytestmark = pytest.mark.slow

SOME = st.integers(0, 50)
TARGET = st.sampled_from([WEB, WEB, PARTNER])
SIGNATURE = st.sampled_from(["cough", "fever"])
KNOWN = st.sampled_from([True, True, True, False])
MOMENT = st.tuples(st.integers(1, 25), st.sampled_from(["begin", "end", "after"]))
PATH = {(arrow.before, arrow.after) for arrow in ARROWS}
RUNNING = {
    IncidentState.CONTRACTED,
    IncidentState.SNAPSHOTTED,
    IncidentState.EXECUTED,
    IncidentState.VERIFIED,
    IncidentState.RESTORED,
}
IDLE = timedelta(seconds=20)


class AnyOrder(RuleBasedStateMachine):
    """One ward, everything that may happen to it, and what must hold after each."""

    @initialize(repeat=st.sampled_from(list(Repeat)), heeds=st.booleans())
    def open_ward(self, repeat: Repeat, heeds: bool) -> None:
        self.ward = Ward(repeat=repeat)
        self.taken: Counter[tuple[PlanId, str]] = Counter()
        self.delivered: list[Any] = []
        self.versions: dict[IncidentId, int] = {}
        for name, patient in self.ward.patients.items():
            patient.witness, patient.heeds = self._witness_of(name), heeds

    # What comes from outside

    @rule(
        where=TARGET,
        name=SIGNATURE,
        severity=st.sampled_from(Severity),
        known=st.sampled_from([True, True, True, False]),
    )
    def signal(self, where: TargetName, name: str, severity: Severity, known: bool) -> None:
        labels = {} if known else {"cause": "unknown"}
        made = signal(where, at=self.ward.clock, severity=severity, signature=sign(name), labels=labels)
        self.delivered.append(made)
        self.ward.receive(made)

    @precondition(lambda self: self.delivered)
    @rule(which=SOME)
    def deliver_again(self, which: int) -> None:
        self.ward.receive(self.delivered[which % len(self.delivered)])

    @rule(where=TARGET, name=SIGNATURE)
    def condition_ends(self, where: TargetName, name: str) -> None:
        self.ward.receive(signal(where, at=self.ward.clock, signature=sign(name), status=SignalStatus.RESOLVED))

    @rule(where=TARGET, ill=st.booleans(), what=st.sampled_from(["heeds", "fails", "stuck", "blind", "unsure"]))
    def patient_changes(self, where: TargetName, ill: bool, what: str) -> None:
        patient = self.ward.patients[where]
        patient.ill = float(ill)
        setattr(patient, what, not getattr(patient, what))

    @rule(span=st.sampled_from([1, 5, 30, 120, 1200]))
    def time_passes(self, span: int) -> None:
        self.ward.clock.advance(timedelta(seconds=span))

    # What people do

    @rule(name=st.sampled_from(["kill", "freeze"]), on=st.booleans())
    def switch(self, name: str, on: bool) -> None:
        switches.turn(self.ward.ledger, self.ward.clock, name, on=on, reason="r", by="ann")

    @rule(which=SOME, approved=st.booleans(), by=st.sampled_from(["ann", "bob"]))
    def answer(self, which: int, approved: bool, by: str) -> None:
        asked = approvals.pending(self.ward.ledger, self.ward.clock)
        reply = approvals.Reply(by=by, role=Role.APPROVER, approved=approved, reason="r")
        if asked:
            self._unless_conflict(
                lambda: approvals.answer(self.ward.ledger, self.ward.clock, asked[which % len(asked)].id, reply)
            )

    @rule(which=SOME, act=st.sampled_from([operations.retry, operations.close]))
    def operate(self, which: int, act: Callable[..., object]) -> None:
        dossiers = self._dossiers()
        if dossiers:
            incident = dossiers[which % len(dossiers)].incident.id
            self._unless_conflict(lambda: act(self.ward.ledger, self.ward.clock, incident, by="ann", reason="r"))

    # What workers do, and what happens to them

    @rule(which=SOME)
    def work(self, which: int) -> None:
        self._have_work()
        self._run(which)

    @rule(which=SOME, moment=MOMENT)
    def die(self, which: int, moment: tuple[int, str]) -> None:
        self._have_work()
        with interrupted(self.ward, *moment):
            self._run(which)

    @rule(which=SOME, number=st.integers(1, 15), other=SOME, twice=st.booleans())
    def two_at_once(self, which: int, number: int, other: int, twice: bool) -> None:
        """One worker waits after any of its transactions until another has done its job."""
        self._have_work()
        if twice:
            self.ring_twice(which)
        with interrupted(self.ward, number, "after", lambda: self._run(other)):
            self._run(which)

    @rule(which=SOME, where=TARGET, before=st.booleans(), die=st.booleans())
    def die_or_freeze_in_a_step(self, which: int, where: TargetName, before: bool, die: bool) -> None:
        """The worker dies right before or after an effect, or freezes after it until another has gone on."""
        self._have_work()
        patient = self.ward.patients[where]
        if die:
            name, act = "before_act" if before else "on_act", crash
        else:
            name, act = "on_act", self._take_over
        setattr(patient, name, act)
        self._run(which)
        setattr(patient, name, lambda: None)

    @rule(which=SOME, where=TARGET)
    def die_in_a_restore(self, which: int, where: TargetName) -> None:
        self._have_work()
        patient = self.ward.patients[where]
        patient.on_restore = crash
        self._run(which)
        patient.on_restore = lambda: None

    @rule(which=SOME)
    def ring_twice(self, which: int) -> None:
        """Submit one more job for an incident, as a rescue or a replay may."""
        dossiers = self._dossiers()
        if not dossiers:
            return
        dossier = dossiers[which % len(dossiers)]
        stage = stage_of(dossier.incident.state)
        with self.ward.ledger.transaction() as tx:
            tx.jobs.submit([advance_request(dossier, stage.pool if stage else Pool.ORCHESTRATION, Priority(5))])

    @rule(lose=st.booleans())
    def rescue(self, lose: bool) -> None:
        """Run the rescue, perhaps after all open jobs were lost."""
        if lose:
            with self.ward.ledger.transaction() as tx:
                for job in tx.jobs.find(limit=1000):
                    if not job.state.ended:
                        tx.table("jobs").pop(job.id)
            self.ward.clock.advance(timedelta(minutes=1))
        rescue(self.ward.line, idle=IDLE)

    # What must hold

    @invariant()
    def only_arrows_and_one_entry_for_each(self) -> None:
        for dossier in self._dossiers():
            incident = dossier.incident
            subject = f"incident:{incident.id}"
            entries = [one for one in self.ward.ledger.entries if one.subject == subject]
            states = [IncidentState(one.action.removeprefix("incident.")) for one in entries]
            assert states[0] is IncidentState.OPEN
            assert states[-1] is incident.state
            assert all(step in PATH for step in pairwise(states)), states
            assert len(entries) == incident.version

    @invariant()
    def versions_never_fall(self) -> None:
        for dossier in self._dossiers():
            version = dossier.incident.version
            assert version >= self.versions.get(dossier.incident.id, 1)
            self.versions[dossier.incident.id] = version

    @invariant()
    def targets_are_held_by_runs_under_contract_alone(self) -> None:
        running = {one.plan.id for one in self._dossiers() if one.plan and one.incident.state in RUNNING}
        with self.ward.ledger.transaction() as tx:
            holders = set(tx.table("run_holds").values())
        assert holders == running

    @invariant()
    def marks_are_those_of_steps_not_put_back(self) -> None:
        for name, patient in self.ward.patients.items():
            sure, perhaps = self._kept(name)
            for key in ("first", "second"):
                assert sure[key] <= patient.marks.get(key, 0) <= sure[key] + perhaps[key]

    @invariant()
    def what_rests_says_how_it_ended(self) -> None:
        for dossier in self._dossiers():
            assert (dossier.incident.state in RESTING) == (dossier.closing is not None)

    def teardown(self) -> None:
        """Without disturbance everything comes to rest: nothing is held, nothing is left to do."""
        ward = self.ward
        for _ in range(10):
            ward.live(timedelta(minutes=8), tick=timedelta(seconds=30))
            rescue(ward.line, idle=IDLE)
        assert not ward.due()
        assert all(one.incident.state in RESTING for one in self._dossiers()), [
            (one.incident.state, ward.view(one.incident.id).timeline[-3:]) for one in self._dossiers()
        ]
        assert ward.held() == frozenset()
        self.only_arrows_and_one_entry_for_each()
        self.marks_are_those_of_steps_not_put_back()

    def _dossiers(self) -> list[Dossier]:
        with self.ward.ledger.transaction() as tx:
            return list(tx.incidents.find(limit=1000))

    def _have_work(self) -> None:
        """Make a patient ill when nothing is due."""
        if not self.ward.due():
            self.ward.clock.advance(timedelta(seconds=15))
            for patient in self.ward.patients.values():
                patient.ill = 1.0
            self.signal(WEB, "cough", Severity.ERROR, known=True)

    def _run(self, which: int) -> None:
        try:
            jobs = self.ward.due()
            claim = self.ward.claim(jobs[which % len(jobs)]) if jobs else None
            ending = self.ward.run(claim) if claim is not None else None
            if claim is not None and ending is not None:
                self.ward.claimer.finish(claim, ending)
        except CrashError:
            self.ward.claimer.register(self.ward.line.instance)

    def _take_over(self) -> None:
        """Declare the running worker dead and let another run its jobs, while the first one's step is in progress."""
        for patient in self.ward.patients.values():
            patient.on_act = lambda: None
        self.ward.claimer.register(self.ward.line.instance)
        for number in range(len(self.ward.due())):
            self._run(number)

    def _witness_of(self, name: TargetName) -> Callable[[str], None]:
        def witness(key: str) -> None:
            with self.ward.ledger.transaction() as tx:
                plan = tx.table("run_holds")[name]
                dossier = tx.incidents.load(tx.table("runs")[plan].incident)
                row = next(one for one in tx.journal.rows(plan) if one.step == key)
                kill = tx.switches.read("kill").on
            contract = dossier.contract
            assert dossier.incident.state is IncidentState.SNAPSHOTTED
            assert contract is not None
            assert contract.plan == plan
            assert contract.not_after > self.ward.clock.now()
            assert row.state is StepState.INTENDED
            assert not kill
            self.taken[plan, key] += 1
            assert self.ward.repeat is Repeat.IDEMPOTENT or self.taken[plan, key] == 1

        return witness

    def _kept(self, name: TargetName) -> tuple[Counter[str], Counter[str]]:
        with self.ward.ledger.transaction() as tx:
            rows: list[JournalRow] = [row for row in tx.table("steps").values() if row.target == name]
        sure = Counter(row.step for row in rows if row.state is StepState.DONE)
        unsure = {StepState.INTENDED, StepState.FAILED, StepState.RESTORING, StepState.RESTORE_FAILED}
        return sure, Counter(row.step for row in rows if row.state in unsure)

    def _unless_conflict(self, act: Callable[[], object]) -> None:
        try:
            act()
        except ConflictError:
            return


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
