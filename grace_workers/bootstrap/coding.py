"""The coding agent on this machine: its ports, its hunter on files and folders, and bills of materials."""

from functools import cache
from pathlib import Path

from grace_workers.adapters.hunting import hunt_folder
from grace_workers.adapters.local_workshop import workshop_in
from grace_workers.adapters.sandbox.ladder import best_sandbox, sandbox_or_none
from grace_workers.adapters.sbom.bill import bill_of_environment, bill_of_product
from grace_workers.coding import LanguageModel, Sandbox, Workshop
from grace_workers.coding import open_model_file as open_in

__all__ = [
    "bill_of_environment",
    "bill_of_product",
    "hunt_folder",
    "open_model_file",
    "open_sandbox",
    "open_workshop",
    "workshop_in",
]


@cache
def open_sandbox() -> Sandbox:
    """Return the strongest sandbox that withstands its self-test here. Raises PermanentError if none does."""
    return best_sandbox()


def open_model_file(name: str, content: bytes) -> str:
    """Return what a model file holds, opened in the sandbox. Raises DamagedError; PermanentError if none works here."""
    return open_in(open_sandbox(), name, content)


def open_workshop(*, commit: str = "", model: LanguageModel | None = None, indexes: Path | None = None) -> Workshop:
    """Return what the operations act through, in the strongest sandbox of this machine; `commit` is reported.

    If none works, operations that run foreign code refuse and say what is missing. `indexes` is a folder in which
    indexes of code are kept.
    """
    return workshop_in(sandbox_or_none(open_sandbox), commit=commit, model=model, indexes=indexes)
