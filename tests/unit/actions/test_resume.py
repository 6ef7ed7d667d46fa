from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grace_workers.actions import OutcomeStatus
from grace_workers.actions.primitives.resume import DEFINITION
from grace_workers.actions.suspension import SuspensionParams
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemorySuspendable
from tests.conformance.primitive_cases import InMemory, Real
from tests.kubernetes_cluster import DEPLOYMENTS, SPACE, cluster, connection
from tests.kubernetes_jobs import NAME, SCHEDULES, Runs
from tests.kubernetes_rollouts import Rolling, template
from tests.unit.drivers.test_git import git, repository

PARAMS = SuspensionParams()


def in_memory() -> InMemory:
    target = MemorySuspendable(held=True)
    return InMemory(role=target, params={}, look=lambda: target.held)


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    with cluster(folder, controller=Rolling(template())) as found:
        found.do(lambda it: it.objects[DEPLOYMENTS, SPACE, "web"].patch({"spec": {"paused": True}}))
        yield Real(
            kind=TargetKind("kubernetes"),
            connection=connection(found, workload="deployment", rollouts=True),
            params={},
            look=lambda: bool(found.raw(DEPLOYMENTS, "web")["spec"].get("paused")),
        )


@contextmanager
def real_kubernetes_job(folder: Path) -> Iterator[Real]:
    with cluster(folder, controller=Runs()) as found:
        found.do(lambda it: it.objects[SCHEDULES, SPACE, NAME].patch({"spec": {"suspend": True}}))
        said = {"kubeconfig": str(found.kubeconfig), "namespace": SPACE, "workload": "cronjob", "name": NAME}
        yield Real(
            kind=TargetKind("kubernetes_job"),
            connection={**said, "suspend": True},
            params={},
            look=lambda: found.raw(SCHEDULES, NAME)["spec"]["suspend"],
        )


def real_git(folder: Path) -> Real:
    root = repository(folder)
    (root / ".hold").write_text("held by Ann")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "hold")
    return Real(
        kind=TargetKind("git"),
        connection={"repository": str(root), "hold_file": ".hold"},
        params={},
        look=lambda: ".hold" in git(root, "ls-tree", "--name-only", "main").split(),
    )


def test_people_read_what_would_go_on() -> None:
    words = "let rollouts of the shop go on"
    assert DEFINITION.preview(MemorySuspendable(held=True), PARAMS).changes == (words,)
    left = "leave rollouts of the shop as they are: going on"
    assert DEFINITION.preview(MemorySuspendable(held=False), PARAMS).changes == (left,)


def test_what_is_so_already_is_left_and_stays_so_after_a_restore() -> None:
    target = MemorySuspendable(held=False)
    kept = DEFINITION.snapshot(target, PARAMS)
    assert DEFINITION.apply(target, PARAMS, kept).status is OutcomeStatus.UNCHANGED
    DEFINITION.restore(target, PARAMS, kept)
    assert target.held is False
