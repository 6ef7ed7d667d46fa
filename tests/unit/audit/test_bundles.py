"""Two verifiers that share no code: they agree whatever is done to a bundle, and an attacker never gets `intact`."""

import json
import os
import random
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grace_workers.audit import VerifierKey, exit_code, standalone, verify_bundle
from tests.unit.audit.bundles import Files, changed, files_of, signed, written
from tests.unit.audit.logs import START, Log, build

LOG = build(20, every=5)
HONEST = files_of(LOG)
LONG = files_of(build(300, every=300, data=False))
KEY = LOG.signer.key


def both(folder: Path, key: VerifierKey = KEY) -> tuple[int, int]:
    """Return the exit codes of the two verifiers."""
    finding = verify_bundle(folder, START + timedelta(days=1), key)
    return exit_code(finding), standalone.found(folder, str(key))[0]


def judged(files: Files) -> tuple[int, int]:
    folder = Path(tempfile.mkdtemp(prefix="grace-bundle-"))
    try:
        return both(written(files, folder))
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("files", [HONEST, LONG])
def test_an_honest_bundle_is_intact_for_both(files: Files) -> None:
    assert judged(files) == (0, 0)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=0))
@example(10188333)  # the manifest's signature occurs twice
def test_any_change_is_found_by_both(seed: int) -> None:
    files = changed(HONEST, random.Random(seed))
    if files == HONEST:
        return
    if "manifest.json" not in files:
        files["manifest.json"] = b""
    one, other = judged(files)
    assert one == other
    assert one != 0


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=0), st.integers(1, 3))
def test_both_agree_when_the_manifest_is_made_to_fit_and_without_the_key_it_never_helps(seed: int, count: int) -> None:
    chance, files = random.Random(seed), HONEST
    for _ in range(count):
        files = changed({name: text for name, text in files.items() if not name.startswith("manifest.")}, chance)
    unsigned = judged(signed(files, LOG, note=False))
    assert unsigned[0] == unsigned[1] != 0
    resigned = judged(signed(files, LOG))
    assert resigned[0] == resigned[1]


def test_a_bundle_whose_end_was_cut_off_looks_like_a_shorter_log_so_neither_says_intact() -> None:
    shorter = Log(**{name: getattr(LOG, name) for name in ("signer",)})
    shorter.rows, shorter.nodes = LOG.rows[:10], []
    shorter.checkpoints, shorter.anchors = LOG.checkpoints[:2], LOG.anchors[:2]
    cut = files_of(shorter)
    del cut["manifest.note"]
    assert judged(cut) == (2, 2)
    cut["manifest.note"] = HONEST["manifest.note"]
    assert judged(cut) == (1, 1)


def test_a_manifest_without_files_says_nothing() -> None:
    manifest = json.loads(HONEST["manifest.json"])
    for told in ({**manifest, "files": {}}, {**manifest, "files": []}, {**manifest, "size": "20"}, [], 7, None):
        assert judged({**HONEST, "manifest.json": json.dumps(told).encode()}) == (2, 2)


@pytest.mark.parametrize(
    "name", ["../out", "/etc/passwd", "anchors/../keys.txt", "a.txt", "anchors/.jsonl", "", "./nodes"]
)
def test_a_manifest_that_lists_what_belongs_to_no_bundle_is_not_followed(name: str) -> None:
    manifest = json.loads(HONEST["manifest.json"])
    manifest["files"][name] = "0" * 64
    assert judged({**HONEST, "manifest.json": json.dumps(manifest).encode()}) == (2, 2)


def test_a_manifest_that_says_one_thing_twice_is_not_believed() -> None:
    text = HONEST["manifest.json"].decode().replace('"files": {', '"files": {}, "files": {', 1)
    assert judged({**HONEST, "manifest.json": text.encode()}) == (2, 2)


@pytest.mark.parametrize("name", ["extra.txt", "manifest.json.bak", "anchors/Manifest.json", "anchors/deep/file.jsonl"])
def test_a_file_that_was_not_exported_is_found(name: str) -> None:
    assert judged({**HONEST, name: b"hello"}) == (1, 1)


def test_an_anchor_that_covers_only_a_part_is_not_enough() -> None:
    lines = HONEST["anchors/file.jsonl"].splitlines(keepends=True)
    short = signed({**HONEST, "anchors/file.jsonl": b"".join(lines[:2])}, LOG)
    assert judged(short) == (2, 2)
    assert judged(signed({**HONEST, "anchors/file.jsonl": b""}, LOG)) == (2, 2)


@pytest.mark.parametrize("name", ["entries.jsonl", "manifest.json", "manifest.note", "anchors"])
def test_a_link_in_place_of_a_file_is_not_followed(tmp_path: Path, name: str) -> None:
    folder = written(HONEST, tmp_path / "bundle")
    (folder / name).rename(tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    one, other = both(folder)
    assert one == other != 0


def test_a_pipe_in_place_of_a_file_blocks_no_verifier(tmp_path: Path) -> None:
    folder = written(HONEST, tmp_path)
    (folder / "nodes").unlink()
    os.mkfifo(folder / "nodes")
    assert both(folder) == (2, 2)


def test_a_bundle_of_another_key_is_not_accepted_as_ours() -> None:
    other = VerifierKey(KEY.name, bytes(range(32)))
    folder = Path(tempfile.mkdtemp(prefix="grace-bundle-"))
    assert both(written(HONEST, folder), other) == (2, 2)
    shutil.rmtree(folder)
