"""What healing could not mend, and whose error context leads to code of ours, goes to the coding agent."""

from collections.abc import Mapping

from grace_workers.actions import Codebase, Target
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.job import JobRequest, Pool, Priority
from grace_workers.orchestration.line.parts import Line
from grace_workers.signals import IncidentState, raised_in

CODE = "code.task"
_SECONDS = 120.0


def coding_job(line: Line, dossier: Dossier) -> JobRequest | None:
    """Return the job that repairs the code behind an escalated incident; None when there is nothing to go by.

    What a person asked for, or the agent itself, is not handed over again.
    """
    incident = dossier.incident
    code = code_behind(incident.target, line.targets)
    text = dossier.signal.text or ""
    if incident.state is not IncidentState.ESCALATED or dossier.request is not None or code is None:
        return None
    if raised_in(text) is None:
        return None
    merges = code in line.policy.auto_merge
    return JobRequest(
        name=CODE,
        pool=Pool.CODING,
        payload={
            "task": "fix_bug",
            "target": code,
            "reason": incident.title[:500],
            "mode": "live" if merges else "review",
            "arguments": {"traceback": text},
            "seconds": _SECONDS,
            "auto_merge": merges,
            "by": "grace",
            "incident": str(incident.id),
        },
        priority=Priority(incident.priority),
        dedupe_key=f"code:{code}:{incident.signature}",
        incident=incident.id,
        max_attempts=3,
    )


def code_behind(name: TargetName | None, targets: Mapping[TargetName, Target]) -> TargetName | None:
    """Return the code that a target is made of: the first codebase that it is or depends on."""
    if name is None or name not in targets:
        return None
    wanted = Codebase.__name__
    near = (name, *targets[name].depends_on)
    return next((one for one in near if one in targets and wanted in (targets[one].roles or ())), None)
