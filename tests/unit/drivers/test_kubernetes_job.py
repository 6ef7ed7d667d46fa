from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import DeclaredElsewhere, EnvironmentProof, JobRuns, Roles, RunState, Suspendable
from grace_workers.drivers.kubernetes_job import DEFINITION
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError, PermanentError
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.test_job_runs import Jobs
from tests.kubernetes_cluster import SPACE, Cluster, cluster
from tests.kubernetes_deliveries import TRACKED, managed, noted
from tests.kubernetes_jobs import JOBS, NAME, SCHEDULES, Runs, jobs, work

NEEDS_SERVERS = True
KEY = "0123456789abcdef"


@contextmanager
def opened(folder: Path, runs: Runs, **more: Any) -> Iterator[tuple[Cluster, Roles]]:
    with cluster(folder, controller=runs) as found:
        said = {"kubeconfig": str(found.kubeconfig), "namespace": SPACE, "workload": runs.workload, "name": NAME}
        yield found, Place(folder, str).open(DEFINITION, **{**said, **more})


@contextmanager
def job_runs(place: Place) -> Iterator[Jobs]:
    runs = Runs()
    with opened(place.folder, runs) as (_, roles):
        yield Jobs(roles[JobRuns], lambda state: setattr(runs, "ends", state))


@contextmanager
def suspendable(place: Place) -> Iterator[Suspendable]:
    with opened(place.folder, Runs(), suspend=True) as (_, roles):
        yield roles[Suspendable]


@contextmanager
def declared_elsewhere(place: Place) -> Iterator[DeclaredElsewhere]:
    with opened(place.folder, Runs(), suspend=True) as (found, roles):
        meta = {"annotations": TRACKED, "managedFields": [managed("argocd-controller", "suspend")]}
        noted(found, meta, SCHEDULES, NAME)
        yield roles[DeclaredElsewhere]


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    with opened(place.folder, Runs()) as (_, roles):
        yield lambda: roles[EnvironmentProof]


@pytest.mark.parametrize("name", ["", "../x", "A", "--help", "a\n", "{{x}}", "a" * 64])
def test_a_hostile_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="name"):
        Place(tmp_path, str).open(DEFINITION, namespace="shop", workload="job", name=name)


def test_a_single_job_has_no_schedule(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a single job has no schedule to suspend"):
        Place(tmp_path, str).open(DEFINITION, namespace="shop", workload="job", name=NAME, suspend=True)


@pytest.mark.servers
@pytest.mark.parametrize("workload", ["cronjob", "job"])
def test_one_more_run_does_the_same_work_as_a_job_of_its_own(tmp_path: Path, workload: str) -> None:
    with opened(tmp_path, Runs(workload)) as (found, roles):
        begun = roles[JobRuns].run_again(KEY)
        made = jobs(found)[begun.name]
        assert made["spec"]["template"]["spec"] == work()["template"]["spec"]
        assert "selector" not in made["spec"]
        kept = {} if workload == "cronjob" else {"app": "shop"}
        assert (made["spec"]["template"]["metadata"].get("labels") or {}) == kept
        assert [one["kind"] for one in made["metadata"].get("ownerReferences") or ()] == ["CronJob"][: len(kept) ^ 1]


@pytest.mark.servers
def test_a_long_name_leaves_room_for_the_ending(tmp_path: Path) -> None:
    runs = Runs()
    with opened(tmp_path, runs) as (found, _):
        long = "n" * 63
        whole = {**found.raw(SCHEDULES, NAME), "metadata": {"name": long, "namespace": SPACE, "uid": "u"}}
        found.do(lambda it: it.objects.__setitem__((SCHEDULES, SPACE, long), whole))
        said = {"kubeconfig": str(found.kubeconfig), "namespace": SPACE, "workload": "cronjob", "name": long}
        begun = Place(tmp_path, str).open(DEFINITION, **said)[JobRuns].run_again(KEY)
        assert len(begun.name) <= 63


@pytest.mark.servers
def test_jobs_of_others_are_no_runs_and_cannot_be_removed(tmp_path: Path) -> None:
    with opened(tmp_path, Runs()) as (found, roles):
        assert [one.name for one in roles[JobRuns].runs()] == [f"{NAME}-293"]
        roles[JobRuns].remove("other")
        assert "other" in jobs(found)


@pytest.mark.servers
def test_a_run_in_progress_is_not_removed(tmp_path: Path) -> None:
    with opened(tmp_path, Runs(ends=RunState.RUNNING)) as (_, roles):
        begun = roles[JobRuns].run_again(KEY)
        with pytest.raises(ConflictError, match="is in progress, so it is not removed"):
            roles[JobRuns].remove(begun.name)


@pytest.mark.servers
def test_only_the_very_run_that_was_looked_at_is_deleted_with_its_pods(tmp_path: Path) -> None:
    with opened(tmp_path, Runs()) as (found, roles):
        uid = found.raw(JOBS, f"{NAME}-293")["metadata"]["uid"]
        roles[JobRuns].remove(f"{NAME}-293")
        (asked,) = found.do(lambda it: [one.data for one in it["delete"]])
        assert asked == {"propagationPolicy": "Background", "preconditions": {"uid": uid}}


@pytest.mark.servers
@pytest.mark.parametrize(("workload", "words"), [("cronjob", "answers 404"), ("job", "is not there any more")])
def test_a_job_that_is_gone_cannot_be_run_again(tmp_path: Path, workload: str, words: str) -> None:
    with opened(tmp_path, Runs(workload), name="ghost") as (_, roles):
        assert list(roles[JobRuns].runs()) == []
        with pytest.raises(NotFoundError, match=words):
            roles[JobRuns].run_again(KEY)


@pytest.mark.servers
def test_one_more_run_stays_long_enough_that_it_is_not_begun_twice(tmp_path: Path) -> None:
    with opened(tmp_path, Runs("job")) as (found, roles):
        found.do(lambda it: it.objects[JOBS, SPACE, NAME].patch({"spec": {"ttlSecondsAfterFinished": 0}}))
        begun = roles[JobRuns].run_again(KEY)
        assert jobs(found)[begun.name]["spec"]["ttlSecondsAfterFinished"] == 86_400


@pytest.mark.servers
@pytest.mark.parametrize("limit", ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"])
def test_a_schedule_that_keeps_no_run_gets_no_further_one(tmp_path: Path, limit: str) -> None:
    with opened(tmp_path, Runs()) as (found, roles):
        found.do(lambda it: it.objects[SCHEDULES, SPACE, NAME].patch({"spec": {limit: 0}}))
        with pytest.raises(PermanentError, match=f"set its `{limit}` to at least 1"):
            roles[JobRuns].run_again(KEY)
        assert len(roles[JobRuns].runs()) == 1
