"""Adapters by which recognition is scored from outside: thin, over the very code that the fleet runs."""

from collections.abc import Sequence

from grace_workers.signals.templates import TemplateMiner as Signer
from grace_workers.signals.tracebacks import fingerprint as _fingerprint

__all__ = ["Signer", "fingerprint"]

_NONE = ("", "", "")


def fingerprint(text: str) -> Sequence[str]:
    """Return the keys of a traceback, finest first: exact, cause, family; empty ones where there is none."""
    found = _fingerprint(text)
    return _NONE if found is None else (found.exact, found.cause, found.family)
