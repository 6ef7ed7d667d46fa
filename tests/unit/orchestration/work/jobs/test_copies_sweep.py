"""The sweep of copies whose target is no longer declared."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from grace_workers.actions import CopyPlace
from grace_workers.foundation.ids import InstanceName, TargetName
from grace_workers.orchestration.copies import CopyFolder, MissingTarget, RemovedCopies, remove, settled
from grace_workers.orchestration.job import Pool, Succeeded
from grace_workers.orchestration.work.jobs.copies_sweep import DEFINITION
from tests.builders import HERE, WEB, Ward, claimed, plan
from tests.conformance.line_worlds import dossier
from tests.few_files import FewFiles
from tests.memory.fleet import MemoryFleetStore

GONE = TargetName("shop-old")
DAY = timedelta(days=1)


def ward_with(folder: Path, *targets: TargetName) -> Ward:
    for target in targets:
        for place in CopyPlace:
            (place.of(target, folder) / "deep").mkdir(parents=True)
            (place.of(target, folder) / "deep/copy").write_text("four")
    return Ward(settings=FewFiles(data_dir=folder))


def swept(ward: Ward) -> dict[str, object]:
    ending = DEFINITION.run(ward, claimed(ward, DEFINITION, {}))
    assert isinstance(ending, Succeeded)
    return dict(ending.result)


def left(folder: Path) -> set[str]:
    return {path.parent.parent.name for path in folder.rglob("copy")}


def said(ward: Ward) -> list[tuple[str, str, object]]:
    found = [one for one in ward.ledger.entries if one.action.startswith("copies.")]
    return [(one.action, one.subject, (one.data or {}).get("folder")) for one in found]


def test_copies_go_a_month_after_their_target_was_seen_last_and_the_log_says_so(tmp_path: Path) -> None:
    ward = ward_with(tmp_path, WEB, GONE)
    (tmp_path / "stash/link").symlink_to(tmp_path)
    first = swept(ward)
    assert (first["removed"], first["without_target"]) == (0, [f"{one.value}/{GONE}" for one in CopyPlace])
    ward.clock.advance(29 * DAY)
    assert swept(ward)["removed"] == 0
    ward.clock.advance(DAY)
    done = swept(ward)
    assert (done["removed"], done["bytes"], done["without_target"], done["failed"]) == (3, 12, [], {})
    assert left(tmp_path) == {WEB}
    assert (tmp_path / "stash/link").is_symlink()
    assert said(ward) == [
        (f"copies.{what}", f"target:{GONE}", f"{place.value}/{GONE}")
        for what in ("removing", "removed")
        for place in CopyPlace
    ]
    assert swept(ward)["removed"] == 0


def test_a_target_that_was_missing_by_mistake_loses_nothing(tmp_path: Path) -> None:
    ward = ward_with(tmp_path, GONE)
    swept(ward)
    ward.clock.advance(20 * DAY)
    (tmp_path / "back").mkdir()
    for place in CopyPlace:
        (tmp_path / place.value).rename(tmp_path / "back" / place.value)
    swept(ward)
    for place in CopyPlace:
        (tmp_path / "back" / place.value).rename(tmp_path / place.value)
    ward.clock.advance(20 * DAY)
    assert swept(ward)["removed"] == 0
    assert left(tmp_path) == {GONE}


@pytest.mark.parametrize("by", ["a run", "an incident"])
def test_what_may_be_needed_stays(tmp_path: Path, by: str) -> None:
    ward = ward_with(tmp_path, GONE)
    swept(ward)
    with ward.ledger.transaction() as tx:
        if by == "a run":
            made = plan(target=GONE)
            tx.journal.begin(made, made.incident, ward.clock.now())
        else:
            tx.incidents.add(dossier(ward.clock, target=GONE))
    ward.clock.advance(60 * DAY)
    assert swept(ward)["removed"] == 0
    assert left(tmp_path) == {GONE}


def test_what_is_known_of_nodes_that_are_gone_is_forgotten(tmp_path: Path) -> None:
    ward = ward_with(tmp_path)
    job, known = claimed(ward, DEFINITION, {}).job.name, {f"stash/{GONE}": {"since": ward.clock.now().isoformat()}}
    with ward.ledger.transaction() as tx:
        MemoryFleetStore(tx).register(InstanceName("node-2"), pools=[Pool.HEALING])
        tx.cycle_states.write(job, {"node-2": known, "container-1": known}, ward.clock.now())
    swept(ward)
    with ward.ledger.transaction() as tx:
        left = tx.cycle_states.peek(job)
    assert isinstance(left, dict)
    assert {*left} == {HERE, "node-2"}


def test_a_link_that_took_the_place_of_a_folder_leads_to_no_removal(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "stash").mkdir()
    CopyPlace.FILES.of(GONE, tmp_path).symlink_to(tmp_path / "theirs")
    done = remove(tmp_path, CopyFolder(place=CopyPlace.FILES, target=GONE))
    assert "symbolic link" in str(done.why)
    assert (tmp_path / "theirs").is_dir()


def test_what_cannot_be_removed_is_news_once() -> None:
    folder = CopyFolder(place=CopyPlace.FILES, target=GONE)
    failed = RemovedCopies(folder=folder, size=4, why="Operation not permitted: 'copy'")
    left, news = settled({folder.name: MissingTarget(since=datetime.now(UTC))}, [failed])
    assert news == [failed]
    left, news = settled(left, [failed])
    assert (left[folder.name].why, news) == (failed.why, [])
    gone = replace(failed, why=None)
    assert settled(left, [gone]) == ({}, [gone])


def test_other_nodes_that_heal_are_named_because_their_disks_are_not_seen(tmp_path: Path) -> None:
    ward = ward_with(tmp_path)
    with ward.ledger.transaction() as tx:
        store = MemoryFleetStore(tx)
        store.register(InstanceName("node-2"), pools=[Pool.HEALING])
        store.register(InstanceName("node-3"), pools=[Pool.CODING])
    assert swept(ward)["not_reached"] == ["node-2"]
    assert HERE != "node-2"
