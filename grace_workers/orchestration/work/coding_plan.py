"""A verified patch as a ready plan: a branch for people, and where it is to be merged, a commit and a restart."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from grace_workers.coding import CodingWork, TaskMode, patch_of
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.redaction import starred
from grace_workers.orchestration.work.coding_wishes import CodePayload
from grace_workers.playbooks import ReadyPlan

_LONGEST_SUBJECT, _LONGEST_REPORT = 200, 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalFacts:
    """What a plan needs besides the work: its base, the branch's name, the time, and the service to restart, if any.

    `requests`: the code has a remote that takes pull requests.
    """

    base: str
    key: str
    at: datetime
    level: str
    restarts: str | None = None
    requests: bool = False


def plan_of(order: CodePayload, work: CodingWork, mode: TaskMode, given: ProposalFacts) -> ReadyPlan:
    """Return the plan."""
    branch = branch_of(order, given)
    merges = mode is TaskMode.LIVE
    values: dict[str, JsonValue] = {
        "patch": patch_of(work),
        "base": given.base,
        "subject": _subject(work.subject),
        "report": report_of(order, work, given),
        "branch": branch,
        "at": given.at.replace(microsecond=0).isoformat(),
    }
    told: dict[str, object] = {
        "name": f"code_{order.task.value}",
        "target": order.target,
        "reason": _subject(order.reason) if len(order.reason) > 2 else work.subject,  # noqa: PLR2004 - as plans want
        "aspect": "code",
        "steps": [_propose(), *(_merge(given) if merges else [_request()] if given.requests else [])],
        "expectations": [
            _expected("proposed", "branch_is_there", 1, proves=not merges),
            *([_expected("merged", "unmerged_files", 0)] if merges else []),
            *([_runs(given.restarts)] if merges and given.restarts else []),
        ],
        # Without auto_merge a person reads the patch before it is merged, whatever the policy says.
        "mode": "review" if merges and not order.auto_merge else None,
        "guards": {"cooldown": "0s", "max_runs_per_hour": 100, "stop_after_ineffective": 100},
        # A remote that refuses costs nobody the branch; the run can be resumed once it takes requests again.
        "on_failure": "keep" if given.requests and not merges else "restore",
        "budget": "5m",
        "values": values,
    }
    return ReadyPlan.read(told, "the coding agent's plan")


def branch_of(order: CodePayload, given: ProposalFacts) -> str:
    """Return the name of the branch."""
    return f"grace/{order.task.value.replace('_', '-')}-{sha256(given.key.encode()).hexdigest()[:10]}"


def report_of(order: CodePayload, work: CodingWork, given: ProposalFacts) -> str:
    """Return what was asked, believed, tried and measured, as the commit's message says it."""
    asked = [f"Asked by {order.by}: {order.reason}", *(f"Done when: {one}" for one in order.acceptance)]
    about = [] if order.incident is None else [f"Incident: {order.incident}"]
    story = [f"- {one}" for one in work.story]
    text = "\n".join([*asked, *about, "", *story, f"- everything ran in the sandbox {given.level}"])
    return starred("".join(one if one.isprintable() or one == "\n" else " " for one in text))[:_LONGEST_REPORT]


def _propose() -> Mapping[str, object]:
    names = ("branch", "base", "patch", "subject", "report", "at")
    return {"id": "propose", "primitive": "propose_patch", "params": _inserted(names)}


def _request() -> Mapping[str, object]:
    names = ("branch", "subject", "report")
    return {"id": "request", "primitive": "open_pull_request", "params": _inserted(names)}


def _merge(given: ProposalFacts) -> list[Mapping[str, object]]:
    merge = {"id": "merge", "primitive": "apply_patch", "params": _inserted(("patch", "subject"))}
    if given.restarts is None:
        return [merge]
    return [merge, {"id": "restart", "primitive": "restart_service", "target": given.restarts}]


def _inserted(names: tuple[str, ...]) -> Mapping[str, str]:
    return {name: f"{{{{ binding.{name} }}}}" for name in names}


def _expected(name: str, check: str, bound: int, *, proves: bool = True) -> Mapping[str, object]:
    params = _inserted(("branch",))
    told = {"id": name, "check": check, "operator": "==", "bound": bound, "within": "30s", "proves": proves}
    return {**told, "params": params}


def _runs(service: str) -> Mapping[str, object]:
    told = {"id": "runs", "check": "alive", "operator": "==", "bound": 1, "within": "60s", "proves": False}
    return {**told, "target": service}


def _subject(text: str) -> str:
    line = next((one for one in text.splitlines() if one.strip()), "Change the code")
    return "".join(one if one.isprintable() else " " for one in line)[:_LONGEST_SUBJECT]
