"""Gathering what a snapshot of the fleet holds: from the database, and from the team's files on this node."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

import structlog
from pydantic import TypeAdapter

from grace_workers.cycles import SnapshotContent, SnapshotPart, content, declared_cycles, hash_of
from grace_workers.diagnosis import KnowledgeEntry
from grace_workers.foundation.model_kinds import MODEL_FILES
from grace_workers.foundation.redaction import starred
from grace_workers.foundation.version import __version__
from grace_workers.learning import read_model, read_text_model
from grace_workers.orchestration.line.model_versions import sound_version
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.reading import TEXTS
from grace_workers.orchestration.line.recollection import MODEL
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.cycles import CycleStore, Pause
from grace_workers.orchestration.stores.learned_causes import LearnedCauseStore

MODELS, KNOWLEDGE, SCHEDULE, LEARNED = "models/", "knowledge.json", "schedule.json", "learned_causes/"
READERS: Mapping[str, Callable[[bytes], object]] = {MODEL: read_model, TEXTS: read_text_model}
"""What reads each kind of model, which runs no code of it."""

LARGEST = 4 << 20
ENTRIES = TypeAdapter(tuple[KnowledgeEntry, ...])
PAUSES = TypeAdapter(dict[str, Pause])

log = structlog.get_logger(__name__)


class KeptFiles(Protocol):
    """The settings, as far as jobs read them."""

    @property
    def data_dir(self) -> Path:
        """Where this node keeps its own files."""

    @property
    def kept_files(self) -> Mapping[str, Path]:
        """The team's files by the names of their parts: settings, policy, playbooks, causes, model files."""


def snapshot_parts(
    line: Line, files: Mapping[str, Path], cadences: Mapping[str, timedelta]
) -> Sequence[SnapshotContent]:
    """Return all parts, by name."""
    with line.ledger.transaction() as tx:
        stored = list(_stored(tx, cadences))
    return sorted([*stored, *_files(files, line.instance)], key=lambda one: one.part.name)


def _stored(tx: LineTransaction, cadences: Mapping[str, timedelta]) -> Iterator[SnapshotContent]:
    for name, read in READERS.items():
        found = sound_version(tx, name, partial(_read, read))
        if found is not None:
            version, body = found
            about = {"version": version.version, "revision": version.revision, "outcomes": version.outcomes}
            yield content(f"{MODELS}{name}", body, **about)
    yield content(KNOWLEDGE, ENTRIES.dump_json(tuple(sorted(tx.records.knowledge(), key=lambda one: one.id)), indent=1))
    for cause in tx[LearnedCauseStore].accepted():
        yield content(f"{LEARNED}{cause.name}.yaml", cause.file.encode())
    seconds = {one.name: cadences.get(one.name, one.cadence).total_seconds() for one in declared_cycles()}
    paused = PAUSES.dump_python(dict(tx[CycleStore].paused()), mode="json")
    told = {"release": __version__, "cadences": seconds, "paused": paused}
    yield content(SCHEDULE, json.dumps(told, indent=1, sort_keys=True).encode())


def _read(read: Callable[[bytes], object], body: bytes) -> bytes:
    """Return a content that can be read. Raises IntegrityError."""
    read(body)
    return body


def _files(files: Mapping[str, Path], instance: str) -> Iterator[SnapshotContent]:
    for name, path in files.items():
        try:
            body = path.read_bytes()
        except OSError as error:
            log.warning("snapshot_leaves_out_file", file=str(path), error=error.strerror)
            continue
        if len(body) > LARGEST:
            log.warning("snapshot_leaves_out_file", file=str(path), error=f"larger than {LARGEST} bytes")
            continue
        kept = body if path.suffix in MODEL_FILES else _starred(body)
        part = SnapshotPart(
            name=name,
            sha256=hash_of(kept),
            size=len(kept),
            path=str(path.absolute()),
            instance=instance,
            starred=kept != body,
        )
        yield SnapshotContent(part=part, content=kept)


def _starred(body: bytes) -> bytes:
    """Return a text with stars for its secrets."""
    return starred(body.decode(errors="surrogateescape")).encode(errors="surrogateescape")
