"""Any order of doorbells, claims, deaths and endings gives one job one effect. Memory, then PostgreSQL."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.job import Claim, JobRequest, JobState, Pool, Succeeded, TryAgain
from tests.conformance.job_worlds import ALICE, BOB, MemoryWorld, PostgresWorld, World

ROUNDS = 40
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("doorbell"), st.sampled_from([ALICE, BOB])),
        st.tuples(st.just("death"), st.sampled_from([ALICE, BOB])),
        st.tuples(st.just("return"), st.sampled_from([ALICE, BOB])),
        st.tuples(st.just("success"), st.integers(0, 3)),
        st.tuples(st.just("retry"), st.integers(0, 3)),
    ),
    max_size=14,
)


class Story:
    """One job, two instances, every claim ever made, and the effects that were admitted."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.claims: list[Claim] = []
        self.effects: set[int] = set()
        with world.ledger.transaction() as transaction:
            request = JobRequest(name="noop", pool=Pool.HEALING, max_attempts=1000)
            self.job = transaction.jobs.submit([request])[0]

    def take(self, step: str, who: Any) -> None:
        match step:
            case "doorbell":
                self._answer(who)
            case "death":
                self.world.declare_dead(who)
            case "return":
                self.world.register(who)
            case "success" if self.claims:
                self._succeed(self.claims[who % len(self.claims)])
            case "retry" if self.claims:
                self.world.claimer.finish(self.claims[who % len(self.claims)], TryAgain(error="x", after=timedelta(0)))

    def end(self) -> JobState:
        """Let the fleet recover and the doorbell ring until the job has ended."""
        for _ in range(ROUNDS):
            for name in (ALICE, BOB):
                self.world.register(name)
            self._answer(ALICE)
            if self.claims:
                self._succeed(self.claims[-1])
            with self.world.ledger.transaction() as transaction:
                job = transaction.jobs.get(self.job.id)
            if job.state.ended:
                return job.state
        raise AssertionError(f"the job did not end in {ROUNDS} rounds: {job}")

    def _answer(self, instance: InstanceName) -> None:
        try:
            claim = self.world.claimer.claim(self.job.id, instance)
        except TransientError:
            return
        if claim is not None:
            self.claims.append(claim)

    def _succeed(self, claim: Claim) -> None:
        done = self.world.claimer.finish(claim, Succeeded(result=claim.attempt))
        if done is not None and done.state is JobState.SUCCEEDED:
            self.effects.add(claim.attempt)


def told(world: World, steps: list[tuple[str, Any]]) -> None:
    for name in (ALICE, BOB):
        world.register(name)
    story = Story(world)
    before = len(world.actions())
    for step, who in steps:
        story.take(step, who)
    assert story.end() is JobState.SUCCEEDED
    assert len(story.effects) == 1
    attempts = [claim.attempt for claim in story.claims]
    assert attempts == sorted(set(attempts))
    assert world.actions()[before:].count("job.succeeded") == 1


@given(steps=STEPS)
def test_in_memory_any_order_ends_in_one_effect(steps: list[tuple[str, Any]]) -> None:
    told(MemoryWorld(), steps)


@pytest.fixture
def postgres_world(database_url: str) -> Iterator[PostgresWorld]:
    engine = make_engine(database_url)
    yield PostgresWorld(engine)
    engine.dispose()


@pytest.mark.servers
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_in_postgres_any_order_ends_in_one_effect(postgres_world: PostgresWorld, steps: list[tuple[str, Any]]) -> None:
    told(postgres_world, steps)
