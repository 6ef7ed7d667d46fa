"""A whole line in memory whose code is a real repository: the shop, its code, and the primitives that ship."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from grace_workers import checks
from grace_workers.actions import (
    Codebase,
    Ownership,
    Primitive,
    PullRequests,
    Restartable,
    Revisions,
    ServiceStatus,
    Target,
    primitives,
)
from grace_workers.bootstrap.coding import workshop_in
from grace_workers.checks import Check
from grace_workers.diagnosis import Subject
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.orchestration.job import Job
from grace_workers.orchestration.work.coding import code_request
from grace_workers.orchestration.work.coding_wishes import CodeTask
from grace_workers.testing import MemoryService, MemoryWorld
from tests.builders import Ward
from tests.integration.coding.repositories import COMMAND
from tests.targets import world_of
from tests.unconfined import UnconfinedSandbox

CODE, SHOP = TargetName("shop-code"), TargetName("shop")


_SHOP = Target(
    name=SHOP,
    kind=TargetKind("process"),
    owner=Ownership.INTERNAL,
    depends_on=(CODE,),
    roles=frozenset({"Restartable"}),
)


@dataclass(slots=True)
class DyingService(MemoryService):
    """A service that dies right after its next start, and starts again after that."""

    dies: bool = True

    def start(self) -> ServiceStatus:
        self.running, self.starts = not self.dies, self.starts + 1
        self.dies = False
        return ServiceStatus(running=True, incarnation=f"start-{self.starts}", serving=self.serving)


def ward_of(
    repository: Path,
    *,
    auto_merge: Sequence[str] = (),
    service: Restartable | None = None,
    remote: dict[str, Any] | None = None,
) -> Ward:
    """Return a line with a service, and the repository that it is made of, which may have a remote."""
    connection = {"repository": str(repository), "python": COMMAND[0], "pytest": COMMAND[3:]}
    asking = (PullRequests,) if remote is not None else ()
    connection |= {"remote": remote} if asking else {}
    code = Target(
        name=CODE,
        kind=TargetKind("git"),
        owner=Ownership.INTERNAL,
        connection=connection,
        roles=frozenset({"Revisions", "Codebase", "EnvironmentProof", *(one.__name__ for one in asking)}),
    )
    targets = {CODE: code, SHOP: _SHOP}
    ward = Ward(workshop=lambda: workshop_in(UnconfinedSandbox()))
    real = world_of({CODE: code}, repository.parent / "data")
    roles: dict[Any, Any] = {(CODE, role): real.role(CODE, role) for role in (Revisions, Codebase, *asking)}
    roles[SHOP, Restartable] = service or MemoryService()
    ward.line = replace(
        ward.line,
        world=MemoryWorld(roles=roles),
        targets=targets,
        subjects={name: Subject(name=name, kind=one.kind, depends_on=one.depends_on) for name, one in targets.items()},
        primitives=discover(primitives, Primitive, label="primitive"),
        checks=discover(checks, Check, label="check"),
        policy=ward.line.policy.model_copy(update={"auto_merge": tuple(auto_merge)}),
    )
    ward.intake = replace(ward.intake, targets=targets)
    return ward


def asked(ward: Ward, task: str, **more: Any) -> Job:
    """Submit a coding task; return its job."""
    said = {"task": task, "target": CODE, "reason": "it fails", "seconds": 40.0, **more}
    with ward.ledger.transaction() as tx:
        (job,) = tx.jobs.submit([code_request(CodeTask.read(said, "task"), by="ann")])
    return job
