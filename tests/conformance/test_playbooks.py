"""What every shipped playbook must satisfy without a world. Its drill in `tests/drills` shows that it heals."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

import grace_workers.actions.primitives
import grace_workers.checks
from grace_workers.actions import Ownership, Primitive, Reloadable, Restartable, Target
from grace_workers.checks import Check
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.errors import PermanentError
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.governance import load_policy
from grace_workers.playbooks import advise, dump, explain, load_directories, load_text, parse_duration, schema_text
from grace_workers.testing import MemoryReloadable, MemoryService, MemoryWorld, rehearse
from tests.shipped_causes import CAUSES
from tests.targets import DRIVERS

ROOT = Path(__file__).parents[2]
PRIMITIVES = discover(grace_workers.actions.primitives, Primitive, label="primitive")
CHECKS = discover(grace_workers.checks, Check, label="check")
LIBRARY = load_directories([ROOT / "playbooks"], PRIMITIVES, CHECKS)

each_playbook = pytest.mark.parametrize("name", LIBRARY.names)


@each_playbook
def test_a_playbook_survives_being_written_and_read(name):
    again = load_text(dump(LIBRARY[name]), f"{name}.yaml", PRIMITIVES, CHECKS)
    assert again == LIBRARY[name]


def test_a_run_that_ends_a_burst_of_errors_leaves_none_that_the_next_look_would_count():
    looked_at = CHECKS["error_count"].params().window
    for playbook in LIBRARY:
        for one in playbook.expectations:
            if one.check == "error_count":
                assert parse_duration(str(playbook.params["window"].default)) >= looked_at, playbook.name


@each_playbook
def test_a_playbook_explains_itself(name):
    sections = {section.title: section.lines for section in explain(LIBRARY[name], PRIMITIVES)}
    assert all(sections[title] for title in ("What", "When", "Steps", "Must hold afterwards", "Guards"))


def test_a_reader_would_point_out_nothing():
    roles = {str(one.kind): {role.__name__ for role in (*one.roles, *one.optional)} for one in DRIVERS}
    for playbook in LIBRARY:
        assert [one.message for one in advise(playbook, PRIMITIVES, CAUSES, roles)] == [], playbook.name


def documented(page: str) -> str:
    found = re.search(r"```yaml\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    assert found
    return found.group(1)


def test_the_documented_question_fits_its_playbook():
    page = (ROOT / "docs/how-to/shape-a-playbook.md").read_text()
    first, _, asking = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    head = first[: first.index("steps:")].replace("budget: 2m", "budget: 20m")
    rest = 'expectations:\n  - {id: runs, check: alive, operator: "==", bound: 1, within: 15s}\n'
    playbook = load_text(f"{head}steps:\n{asking}{rest}", "refresh_service.yaml", PRIMITIVES, CHECKS)
    assert [step.if_answered for step in playbook.steps] == [{"switch.way": "replica"}, {"switch.way": "backup"}]


def test_the_documented_wait_fits_its_playbook():
    page = (ROOT / "docs/how-to/shape-a-playbook.md").read_text()
    first, waiting, _ = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    rest = 'expectations:\n  - {id: runs, check: alive, operator: "==", bound: 1, within: 15s}\n'
    head = first[: first.index("steps:")].replace("budget: 2m", "budget: 6m")
    playbook = load_text(f"{head}steps:\n{waiting}{rest}", "refresh_service.yaml", PRIMITIVES, CHECKS)
    assert [step.wait for step in playbook.steps] == [timedelta(minutes=5)]


class Deaf(MemoryReloadable):
    """A service that runs and does not reload."""

    def reload(self):
        raise PermanentError("the service ignores the request to reload")


def test_the_documented_playbook_for_many_targets_reloads_what_runs_and_starts_what_does_not(tmp_path):
    (tmp_path / "refresh_service.yaml").write_text(documented("docs/how-to/shape-a-playbook.md"))
    names = [TargetName(f"shop-{number}") for number in (1, 2, 3)]
    targets = [
        Target(name=one, kind=TargetKind("process"), owner=Ownership.INTERNAL, labels={"service": "shop"})
        for one in names
    ]
    services = {names[0]: MemoryService(running=False), names[1]: MemoryService(), names[2]: MemoryService()}
    reloads = {
        names[0]: MemoryReloadable(running=False),
        names[1]: MemoryReloadable(written="second"),
        names[2]: Deaf(),
    }
    roles = {(name, Restartable): one for name, one in services.items()}
    roles |= {(name, Reloadable): one for name, one in reloads.items()}
    run = rehearse(tmp_path / "refresh_service.yaml", targets, MemoryWorld(roles=roles))
    assert run.healed
    assert [one.read for one in reloads.values()] == ["first", "second", "first"]
    assert [one.starts for one in services.values()] == [2, 1, 2]


def test_the_documented_playbook_and_policy_load(tmp_path):
    text = documented("docs/how-to/write-a-playbook.md")
    assert load_text(text, "restart_dead_service.yaml", PRIMITIVES, CHECKS).expectations
    (tmp_path / "policy.yaml").write_text(documented("docs/explanation/governance.md"))
    assert load_policy(tmp_path / "policy.yaml").rules


def test_the_published_schema_is_the_one_that_is_read():
    published = (ROOT / "docs/reference/playbook.schema.json").read_text()
    remedy = "write grace_workers.playbooks.schema_text() to docs/reference/playbook.schema.json"
    assert published == schema_text(), remedy


def test_every_cause_has_a_playbook_or_says_why_it_has_none():
    healed = {cause for playbook in LIBRARY for cause in playbook.when.causes}
    reasoned = {one.name for one in CAUSES if one.by_hand is not None and one.by_hand.because}
    assert sorted(set(CAUSES.names) - healed - reasoned) == [], "write a playbook, or `by_hand` with `because`"
    assert sorted(healed & reasoned) == [], "take `because` out: a playbook acts on it now"
    assert [one.name for one in CAUSES if one.by_hand is None] == [], "say in `by_hand` what a person does"
