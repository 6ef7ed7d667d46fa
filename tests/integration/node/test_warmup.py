"""What one boot leaves to the next: kept, restored, and ignored when it is not sound."""

import json
from hashlib import sha256

import pytest

from grace_workers.bootstrap.warmup import NodeWarmUp
from grace_workers.fleet import Absent, Limited, Ready
from grace_workers.settings import Settings


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "one.yaml").write_text("name: one\n")
    return Settings(data_dir=tmp_path, playbooks=[tmp_path / "books"])


def taken(warm):
    return {one.name: one.run() for one in warm.steps() if one.name != "bytecode"}


def test_a_first_boot_has_nothing_to_restore_and_says_so(settings):
    found = taken(NodeWarmUp(settings))
    assert isinstance(found["caches"], Limited)
    assert "no snapshot yet" in found["caches"].lacks
    assert isinstance(found["models"], Absent)


def test_the_next_boot_reads_ahead_what_the_last_one_loaded_and_knows_what_changed(settings, tmp_path):
    NodeWarmUp(settings).keep({"api": 1.5})
    (tmp_path / "books" / "one.yaml").write_text("name: another\n")
    warm = NodeWarmUp(settings)
    found = taken(warm)
    assert warm.restored.took == {"api": 1.5}
    assert isinstance(found["caches"], Ready)
    assert int(found["caches"].seen.split()[0]) > 100
    assert "1 changed, 0 gone" in found["playbooks read"].seen


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda kept: kept[:40], "broken"),
        (lambda kept: kept.replace("1.5", "9.5"), "its digest does not match"),
        (lambda kept: json.dumps([1]), "broken"),
    ],
)
def test_a_snapshot_that_is_not_sound_is_ignored_and_told(settings, tmp_path, spoil, why):
    NodeWarmUp(settings).keep({"api": 1.5})
    file = tmp_path / "warm.json"
    file.write_text(spoil(file.read_text()))
    warm = NodeWarmUp(settings)
    found = taken(warm)
    assert warm.restored is None
    assert why in found["caches"].lacks


def test_a_snapshot_of_another_release_is_not_used(settings, tmp_path):
    file = tmp_path / "warm.json"
    NodeWarmUp(settings).keep({})
    outer = json.loads(file.read_text())
    body = json.loads(outer["body"]) | {"version": "0.0.1"}
    text = json.dumps(body)

    file.write_text(json.dumps({"sha256": sha256(text.encode()).hexdigest(), "body": text}))
    warm = NodeWarmUp(settings)
    assert "the last one is from 0.0.1" in taken(warm)["caches"].lacks
    assert warm.restored is None
