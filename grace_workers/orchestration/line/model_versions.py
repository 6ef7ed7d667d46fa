"""Stored models: the newest version whose content is what was promoted.

A content that was damaged is read from a snapshot at once; the cycle `snapshots` puts the stored one right.
"""

from collections.abc import Callable
from typing import TypeVar

import structlog

from grace_workers.cycles import hash_of
from grace_workers.foundation.errors import IntegrityError
from grace_workers.orchestration.stores import Transaction
from grace_workers.orchestration.stores.models import ModelStore, ModelVersion
from grace_workers.orchestration.stores.snapshots import SnapshotStore

M = TypeVar("M")

log = structlog.get_logger()


def sound_version(tx: Transaction, name: str, read: Callable[[bytes], M]) -> tuple[ModelVersion, M] | None:
    """Return the newest version of a model that `read` can read; None if there is none.

    A version that was damaged, and that no snapshot has, is refused and logged, and the one before it is used.
    """
    for model in tx[ModelStore].versions(name):
        try:
            return model, read(content_of(tx, model))
        except IntegrityError as error:
            log.warning("model_refused", model=model.name, version=model.version, why=str(error))
    return None


def content_of(tx: Transaction, model: ModelVersion) -> bytes:
    """Return the content of a version, from a snapshot if the stored one is damaged.

    Raises:
        IntegrityError: it differs from what was promoted, and no snapshot has that.
    """
    content = tx[ModelStore].content(model.name, model.version) or b""
    if hash_of(content) == model.sha256:
        return content
    kept = _kept(tx, model)
    if kept is None:
        raise IntegrityError(_fault(model, content))
    log.warning("model_read_from_snapshot", model=model.name, version=model.version)
    return kept


def fault_of(tx: Transaction, model: ModelVersion) -> str | None:
    """Return what is wrong with the stored content of a version, whether a snapshot has it or not."""
    content = tx[ModelStore].content(model.name, model.version) or b""
    return None if hash_of(content) == model.sha256 else _fault(model, content)


def can_be_mended(tx: Transaction, model: ModelVersion) -> bool:
    """Return whether a snapshot has the content of a version."""
    return _kept(tx, model) is not None


def _kept(tx: Transaction, model: ModelVersion) -> bytes | None:
    kept = tx[SnapshotStore].content(model.sha256)
    return kept if kept is not None and hash_of(kept) == model.sha256 else None


def _fault(model: ModelVersion, content: bytes) -> str:
    return f"model {model.name} {model.version} has SHA-256 {hash_of(content)}; {model.sha256} was promoted"
