"""Where suspending and resuming are tried: targets whose rollouts, runs or deployments are held, or are not yet."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemorySuspendable
from tests.conformance.primitive_cases import InMemory, Real
from tests.kubernetes_cluster import DEPLOYMENTS, SPACE, cluster, connection
from tests.kubernetes_deliveries import Deliveries
from tests.kubernetes_jobs import NAME, SCHEDULES, Runs
from tests.kubernetes_rollouts import Rolling, template
from tests.unit.drivers.test_git import git, repository

Stand: TypeAlias = Real | AbstractContextManager[Real]


def in_memory(*, held: bool) -> InMemory:
    """A target in memory."""
    target = MemorySuspendable(held=held)
    return InMemory(role=target, params={}, look=lambda: target.held)


@contextmanager
def deployment(folder: Path, *, held: bool) -> Iterator[Real]:
    """A deployment of Kubernetes."""
    with cluster(folder, controller=Rolling(template())) as found:
        found.do(lambda it: it.objects[DEPLOYMENTS, SPACE, "web"].patch({"spec": {"paused": held or None}}))
        yield Real(
            kind=TargetKind("kubernetes"),
            connection=connection(found, workload="deployment", rollouts=True),
            params={},
            look=lambda: bool(found.raw(DEPLOYMENTS, "web")["spec"].get("paused")),
        )


@contextmanager
def schedule(folder: Path, *, held: bool) -> Iterator[Real]:
    """A schedule of Kubernetes."""
    with cluster(folder, controller=Runs()) as found:
        found.do(lambda it: it.objects[SCHEDULES, SPACE, NAME].patch({"spec": {"suspend": held}}))
        said = {"kubeconfig": str(found.kubeconfig), "namespace": SPACE, "workload": "cronjob", "name": NAME}
        yield Real(
            kind=TargetKind("kubernetes_job"),
            connection={**said, "suspend": True},
            params={},
            look=lambda: found.raw(SCHEDULES, NAME)["spec"]["suspend"],
        )


@contextmanager
def application(folder: Path, *, held: bool) -> Iterator[Real]:
    """An application of Argo CD."""
    kept = Deliveries(spec={"syncPolicy": {"automated": {"prune": True, "enabled": not held}}})
    with cluster(folder, controller=kept) as found:
        yield Real(
            kind=TargetKind("kubernetes_delivery"),
            connection=kept.connection(found),
            params={},
            look=lambda: _is_synced(kept.now(found)),
        )


def _is_synced(found: Mapping[str, Any]) -> bool:
    automated = found["spec"]["syncPolicy"].get("automated")
    return automated is not None and automated.get("enabled") is not False


def branch(folder: Path, *, held: bool) -> Real:
    """A branch that is deployed from."""
    root = repository(folder)
    if held:
        (root / ".hold").write_text("held by Ann")
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "--message", "hold")
    return Real(
        kind=TargetKind("git"),
        connection={"repository": str(root), "hold_file": ".hold"},
        params={},
        look=lambda: ".hold" in git(root, "ls-tree", "--name-only", "main").split(),
    )


def starting(*, held: bool) -> tuple[Callable[[], InMemory], *tuple[Callable[[Path], Stand], ...]]:
    """Return all of them, held or not at first: in memory, a deployment, a schedule, an application and a branch."""
    return partial(in_memory, held=held), *(
        partial(one, held=held) for one in (deployment, schedule, application, branch)
    )
