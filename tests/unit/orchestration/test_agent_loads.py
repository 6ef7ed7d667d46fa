"""How busy the agents are, and how much more they could take."""

from grace_workers.orchestration.job import JobCount, JobState, Pool, Priority
from grace_workers.orchestration.queries import AgentLoad, agent_loads


def counted(pool: Pool, state: JobState, count: int, priority: int = 5) -> JobCount:
    return JobCount(pool=pool, state=state, priority=Priority(priority), count=count)


def test_running_jobs_of_every_priority_count_and_waiting_ones_do_not():
    jobs = [
        counted(Pool.HEALING, JobState.RUNNING, 2),
        counted(Pool.HEALING, JobState.RUNNING, 1, priority=9),
        counted(Pool.HEALING, JobState.QUEUED, 40),
        counted(Pool.ORCHESTRATION, JobState.RUNNING, 7),
    ]
    assert agent_loads(jobs, per_agent=5, together=10) == {
        Pool.HEALING: AgentLoad(running=3, utilisation=0.6, free=2),
        Pool.CODING: AgentLoad(running=0, utilisation=0.0, free=5),
    }


def test_what_both_may_run_together_bounds_what_is_free():
    jobs = [counted(Pool.HEALING, JobState.RUNNING, 6), counted(Pool.CODING, JobState.RUNNING, 1)]
    loads = agent_loads(jobs, per_agent=5, together=8)
    assert loads[Pool.HEALING] == AgentLoad(running=6, utilisation=1.2, free=0)
    assert loads[Pool.CODING].free == 1
