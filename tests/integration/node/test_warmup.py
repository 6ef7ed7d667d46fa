"""What one boot leaves to the next: stored, restored, and ignored when it is invalid."""

import json
from hashlib import sha256

import pytest

from grace_workers.fleet import Absent, Limited, Ready
from grace_workers.node.warm_up import NodeWarmUp


@pytest.fixture
def place(tmp_path):
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "one.yaml").write_text("name: one\n")
    return tmp_path, [tmp_path / "books"]


def taken(warm):
    return {one.name: one.run() for one in warm.steps() if one.name != "bytecode"}


def test_a_first_boot_has_nothing_to_restore_and_says_so(place):
    found = taken(NodeWarmUp(*place))
    assert isinstance(found["caches"], Limited)
    assert "no snapshot yet" in found["caches"].lacks
    assert isinstance(found["models"], Absent)


def test_the_next_boot_reads_ahead_what_the_last_one_loaded_and_knows_what_changed(place, tmp_path):
    NodeWarmUp(*place).keep({"api": 1.5})
    (tmp_path / "books" / "one.yaml").write_text("name: another\n")
    warm = NodeWarmUp(*place)
    found = taken(warm)
    assert warm.restored.took == {"api": 1.5}
    assert isinstance(found["caches"], Ready)
    assert int(found["caches"].seen.split()[0]) > 100
    assert "1 changed and 0 removed since the last boot" in found["playbooks read"].seen


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda kept: kept[:40], "broken"),
        (lambda kept: kept.replace("1.5", "9.5"), "its digest does not match"),
        (lambda kept: json.dumps([1]), "broken"),
    ],
)
def test_an_invalid_snapshot_is_ignored_and_reported(place, tmp_path, spoil, why):
    NodeWarmUp(*place).keep({"api": 1.5})
    file = tmp_path / "warm.json"
    file.write_text(spoil(file.read_text()))
    warm = NodeWarmUp(*place)
    found = taken(warm)
    assert warm.restored is None
    assert why in found["caches"].lacks


def test_a_snapshot_of_another_release_is_not_used(place, tmp_path):
    file = tmp_path / "warm.json"
    NodeWarmUp(*place).keep({})
    outer = json.loads(file.read_text())
    body = json.loads(outer["body"]) | {"version": "0.0.1"}
    text = json.dumps(body)

    file.write_text(json.dumps({"sha256": sha256(text.encode()).hexdigest(), "body": text}))
    warm = NodeWarmUp(*place)
    assert "the last one is from 0.0.1" in taken(warm)["caches"].lacks
    assert warm.restored is None
