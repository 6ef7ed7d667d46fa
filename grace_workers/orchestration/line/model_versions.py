"""Stored models: the newest version whose content is unchanged since its promotion."""

import hashlib
from collections.abc import Callable
from typing import TypeVar

import structlog

from grace_workers.foundation.errors import IntegrityError
from grace_workers.orchestration.stores import Transaction
from grace_workers.orchestration.stores.models import ModelStore, ModelVersion

M = TypeVar("M")

log = structlog.get_logger()


def sound_version(tx: Transaction, name: str, read: Callable[[bytes], M]) -> tuple[ModelVersion, M] | None:
    """Return the newest version of a model that `read` can read; None if there is none.

    A version that was changed in the store is refused and logged, and the one before it is used.
    """
    for model in tx[ModelStore].versions(name):
        try:
            return model, read(content_of(tx, model))
        except IntegrityError as error:
            log.warning("model_refused", model=model.name, version=model.version, why=str(error))
    return None


def content_of(tx: Transaction, model: ModelVersion) -> bytes:
    """Return the content of a version. Raises IntegrityError if it differs from what was promoted."""
    content = tx[ModelStore].content(model.name, model.version) or b""
    found = hashlib.sha256(content).hexdigest()
    if found != model.sha256:
        raise IntegrityError(f"model {model.name} {model.version} has SHA-256 {found}; {model.sha256} was promoted")
    return content
