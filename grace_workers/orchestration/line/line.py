"""The line: every stage an incident passes, in order. Only `advance` moves an incident forward along it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.job import Claim, Pool
from grace_workers.orchestration.line.move import StageResult
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.shadowing import with_shadows
from grace_workers.orchestration.line.stages.contract import contract
from grace_workers.orchestration.line.stages.diagnose import diagnose
from grace_workers.orchestration.line.stages.execute import execute
from grace_workers.orchestration.line.stages.govern import govern
from grace_workers.orchestration.line.stages.learn import learn
from grace_workers.orchestration.line.stages.plan import plan
from grace_workers.orchestration.line.stages.snapshot import snapshot
from grace_workers.orchestration.line.stages.verify import verify
from grace_workers.signals import IncidentState

Run = Callable[[Line, Dossier, Claim], StageResult]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: the state it starts from, the pool it belongs to, and what it does."""

    name: str
    starts_from: IncidentState
    pool: Pool
    run: Run


STAGES = (
    Stage("diagnosis", IncidentState.OPEN, Pool.ORCHESTRATION, diagnose),
    Stage("plan", IncidentState.DIAGNOSED, Pool.ORCHESTRATION, with_shadows(plan)),
    Stage("governance", IncidentState.PLANNED, Pool.ORCHESTRATION, govern),
    Stage("governance", IncidentState.AWAITING_APPROVAL, Pool.ORCHESTRATION, govern),
    Stage("contract", IncidentState.GRANTED, Pool.ORCHESTRATION, contract),
    Stage("snapshot", IncidentState.CONTRACTED, Pool.HEALING, snapshot),
    Stage("execute", IncidentState.SNAPSHOTTED, Pool.HEALING, execute),
    Stage("verify", IncidentState.EXECUTED, Pool.HEALING, verify),
    Stage("learn", IncidentState.VERIFIED, Pool.HEALING, learn),
    Stage("learn", IncidentState.RESTORED, Pool.HEALING, learn),
)

_BY_STATE: Mapping[IncidentState, Stage] = {stage.starts_from: stage for stage in STAGES}


def stage_of(state: IncidentState) -> Stage | None:
    """Return the stage that starts from `state`; None if the incident rests there."""
    return _BY_STATE.get(state)
