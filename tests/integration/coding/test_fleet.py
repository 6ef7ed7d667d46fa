"""Coding tasks on the line: from a request or an escalated incident to a branch, a merge, or a refusal."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from grace_workers.audit import Entry
from grace_workers.foundation.ids import JobId
from grace_workers.governance import Role
from grace_workers.orchestration import approvals
from grace_workers.orchestration.work.tasks import TaskState, look_up
from grace_workers.signals import IncidentState
from tests.builders import HERE, CrashError, Ward, interrupted, signal
from tests.forges import TOKEN
from tests.integration.coding.fleet import CODE, SHOP, DyingService, asked, ward_of
from tests.integration.coding.repositories import git, repository, state
from tests.integration.coding.test_tasks import CART, TESTS, TRACEBACK
from tests.unit.drivers.test_git import remote_of

EDIT = {
    "intent": "extract_method",
    "targets": ["shop.cart.receipt"],
    "options": {"first_line": 13, "last_line": 13, "name": "_told"},
}
EDITED = "return _told(prices, names)"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Code whose suite passes, although one call raises an error."""
    files = {"shop/__init__.py": "", "shop/cart.py": CART, "tests/test_cart.py": TESTS}
    made: Path = repository(tmp_path / "repo", files)
    return made


def task(ward: Ward, job: JobId) -> Any:
    with ward.ledger.transaction() as tx:
        return look_up(tx, job)


def entries(ward: Ward, action: str) -> list[Entry]:
    return [one for one in ward.ledger.entries if one.action == action]


def checkout(folder: Path) -> object:
    """Return what is the user's own: files, index, HEAD and the branch."""
    files = {path.name: path.read_bytes() for path in sorted(folder.rglob("*.*")) if ".git" not in path.parts}
    return files, (folder / ".git" / "index").read_bytes(), git(folder, "rev-parse", "HEAD", "main")


def branches(folder: Path) -> list[str]:
    return str(git(folder, "for-each-ref", "--format=%(refname:short)", "refs/heads")).split()


def test_a_task_ends_as_a_branch_of_one_commit_and_the_checkout_stays(shop: Path) -> None:
    ward = ward_of(shop)
    (shop / "notes.txt").write_text("work in progress\n")
    before = checkout(shop)
    job = asked(ward, "refactor", arguments=EDIT, acceptance=["receipts are right"])
    ward.work()
    found = task(ward, job.id)
    assert found.state is TaskState.SUCCEEDED, found
    (branch,) = set(branches(shop)) - {"main"}
    assert git(shop, "rev-list", "--count", f"main..{branch}").strip() == "1"
    message = git(shop, "log", "-1", "--format=%B", branch)
    for words in (
        "Asked by ann: it fails",
        "Done when: receipts are right",
        "the suite has the same results",
        "in the sandbox none",
    ):
        assert words in message
    assert EDITED in git(shop, "show", f"{branch}:shop/cart.py")
    assert checkout(shop) == before


def test_the_audit_entry_names_the_sandbox_and_the_patch(shop: Path) -> None:
    ward = ward_of(shop)
    job = asked(ward, "refactor", arguments=EDIT)
    ward.work()
    (entry,) = entries(ward, "code.worked")
    assert (entry.data["sandbox"], entry.data["files"], entry.data["by"]) == ("none", ["shop/cart.py"], "ann")
    assert len(entry.data["patch_digest"]) == 64
    assert entry.data["job"] == str(job.id)


def test_in_sandbox_mode_nothing_is_made_but_the_patch(shop: Path) -> None:
    ward = ward_of(shop)
    before = state(shop)
    job = asked(ward, "refactor", arguments=EDIT, mode="sandbox")
    ward.work()
    found = task(ward, job.id)
    assert (found.state, found.incident) == (TaskState.SUCCEEDED, None)
    assert found.result["patch"].startswith("diff --git a/shop/cart.py")
    assert state(shop) == before


def test_an_explanation_is_the_result_of_its_task_and_makes_no_plan(shop: Path) -> None:
    ward = ward_of(shop)
    before = state(shop)
    job = asked(ward, "explain", arguments={"subject": "shop/cart.py"}, mode="live")
    ward.work()
    found = task(ward, job.id)
    assert (found.state, found.incident) == (TaskState.SUCCEEDED, None)
    assert (found.result["answer"]["place"], found.result["answer"]["kind"]) == ("shop/cart.py", "module")
    assert state(shop) == before


def test_a_merge_waits_for_a_person_who_is_not_the_requester(shop: Path) -> None:
    ward = ward_of(shop, auto_merge=[CODE])
    job = asked(ward, "refactor", arguments=EDIT, mode="live")
    ward.work()
    assert task(ward, job.id).state is TaskState.AWAITING_APPROVAL
    assert branches(shop) == ["main"]


def test_a_patch_that_conflicts_with_a_later_commit_is_not_merged_and_the_refusal_says_so(shop: Path) -> None:
    ward = ward_of(shop, auto_merge=[CODE])
    job = asked(ward, "refactor", arguments=EDIT, mode="live")
    ward.work()
    cart = shop / "shop/cart.py"
    cart.write_text(cart.read_text().replace('return f"{label(names)}', 'return f"total of {label(names)}'))
    git(shop, "commit", "-qam", "Say what it is")
    before = checkout(shop)
    (question,) = approvals.pending(ward.ledger, ward.clock)
    given = approvals.Reply(by="ben", role=Role.APPROVER, approved=True, reason="it was read")
    approvals.answer(ward.ledger, ward.clock, question.id, given)
    ward.work()
    found = task(ward, job.id)
    assert found.state is TaskState.FAILED
    (reason,) = ward.dossier(found.incident.incident.id).reasons
    assert reason.startswith("not known: steps, because ")
    assert "shop/cart.py" in reason
    assert checkout(shop) == before
    assert branches(shop) == ["main"]


@pytest.mark.parametrize(("listed", "ends"), [((), TaskState.AWAITING_APPROVAL), ((CODE,), TaskState.SUCCEEDED)])
def test_a_patch_is_merged_without_a_person_only_if_policy_and_requester_say_so(
    shop: Path, listed: tuple[str, ...], ends: TaskState
) -> None:
    ward = ward_of(shop, auto_merge=listed)
    job = asked(ward, "refactor", arguments=EDIT, mode="live", auto_merge=True)
    ward.work()
    assert task(ward, job.id).state is ends
    merged = EDITED in git(shop, "show", "main:shop/cart.py")
    assert merged is (ends is TaskState.SUCCEEDED)
    assert git(shop, "status", "--porcelain").strip() == ""


def test_what_is_not_mended_is_refused_with_its_reason_and_leaves_nothing(shop: Path) -> None:
    ward = ward_of(shop)
    before = state(shop)
    job = asked(ward, "fix_bug")
    ward.work()
    found = task(ward, job.id)
    assert found.state is TaskState.FAILED
    assert "made no patch: All 2 tests pass on the repository as it is" in found.job.error
    assert entries(ward, "code.worked")[0].outcome == "refused"
    assert state(shop) == before


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_where_a_remote_is_declared_the_branch_becomes_a_pull_request_for_people(
    shop: Path, tmp_path: Path, kind: str
) -> None:
    with remote_of(kind, shop, tmp_path) as (side, remote):
        ward = ward_of(shop, remote=remote)
        job = asked(ward, "refactor", arguments=EDIT)
        ward.work()
        assert task(ward, job.id).state is TaskState.SUCCEEDED
        (branch,) = set(branches(shop)) - {"main"}
        assert side.git("ls-tree", "-r", branch) == git(shop, "ls-tree", "-r", branch).strip()
        (request,) = side.requests
    assert (request["source"], request["into"]) == (branch, "main")
    assert "Asked by ann: it fails" in request["text"]
    assert TOKEN not in str(ward.ledger.entries)


def test_a_remote_that_refuses_costs_nobody_the_branch(shop: Path, tmp_path: Path) -> None:
    with remote_of("github", shop, tmp_path) as (side, remote):
        ward = ward_of(shop, remote=remote)
        side.refuses = (401, {"message": "Bad credentials"}, {})
        job = asked(ward, "refactor", arguments=EDIT)
        ward.work()
    found = task(ward, job.id)
    assert found.state is not TaskState.SUCCEEDED
    told = "\n".join(one.headline for one in ward.view(found.incident.incident.id).timeline)
    assert "GitHub refuses the token with 401; it must be allowed to write contents and pull requests" in told
    assert len(branches(shop)) == 2


def test_an_escalated_incident_with_a_traceback_gets_a_proposal_and_stays_with_people(shop: Path) -> None:
    ward = ward_of(shop)
    incident = ward.receive(signal(SHOP, at=ward.clock, text=TRACEBACK)).incident
    assert incident is not None
    ward.work()
    assert ward.dossier(incident).incident.state is IncidentState.ESCALATED
    assert any("the coding agent proposes grace/fix-bug-" in one.headline for one in ward.view(incident).timeline)
    (branch,) = set(branches(shop)) - {"main"}
    assert "if not prices" in git(shop, "show", f"{branch}:shop/cart.py")
    assert "if not prices" not in git(shop, "show", "main:shop/cart.py")


def test_where_policy_allows_the_incident_is_healed_by_the_patch_in_one_chain(shop: Path) -> None:
    ward = ward_of(shop, auto_merge=[CODE])
    incident = ward.receive(signal(SHOP, at=ward.clock, text=TRACEBACK)).incident
    assert incident is not None
    ward.work()
    dossier = ward.dossier(incident)
    assert (dossier.incident.state, dossier.closing) == (IncidentState.CLOSED, "healed"), ward.view(incident).timeline
    assert ward.states(incident)[:4] == ["open", "diagnosed", "escalated", "open"]
    assert "if not prices" in git(shop, "show", "main:shop/cart.py")
    told = {one.action for one in ward.ledger.entries if one.incident == incident}
    assert {"incident.escalated", "code.worked", "incident.executed", "incident.closed"} <= told


def test_a_merge_after_which_the_service_does_not_run_is_taken_back_by_a_commit(shop: Path) -> None:
    ward = ward_of(shop, auto_merge=[CODE], service=DyingService())
    incident = ward.receive(signal(SHOP, at=ward.clock, text=TRACEBACK)).incident
    assert incident is not None
    ward.live(timedelta(minutes=2))
    assert ward.dossier(incident).incident.state is IncidentState.ESCALATED
    subjects = git(shop, "log", "--format=%s", "main").splitlines()
    assert subjects[0].startswith("Take back: Fix ZeroDivisionError")
    assert subjects[2] == "first"
    assert branches(shop) == ["main"]
    assert git(shop, "diff", "main~2", "main") == ""


@pytest.mark.fleet
@pytest.mark.parametrize("number", [1, 3])
def test_a_worker_killed_between_transactions_leaves_one_proposal(shop: Path, number: int) -> None:
    ward = ward_of(shop)
    job = asked(ward, "refactor", arguments=EDIT)
    claim = ward.claim(job)
    assert claim is not None
    with interrupted(ward, number, "after"), pytest.raises(CrashError):
        ward.run(claim)
    ward.claimer.give_back(job.id, HERE)
    ward.work()
    assert task(ward, job.id).state is TaskState.SUCCEEDED
    assert len(branches(shop)) == 2
