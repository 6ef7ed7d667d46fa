"""The entry: one thing that happened, as its author states it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from grace_workers.audit.evidence import evidence_object
from grace_workers.foundation.canonical import canonical_bytes, is_plain
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import EntryId, IncidentId, uuid7
from grace_workers.foundation.redaction import starred, without_secrets

MOST_TEXT = 10_000
MOST_ACTION = 200
# The name of a token is no secret, though what follows the word usually is.
_NAMED_TOKEN = re.compile(r"token:[a-z0-9][a-z0-9._-]{0,62}")
_ACTION = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One audit record. `action` is `<subject kind>.<what happened>`, such as `job.submitted`.

    `data` holds details of any kind; `evidence_json` converts them when the entry is made. They are stored beside
    the envelope, which commits to them by a salted hash, so details can be erased without breaking a proof. Secrets
    in subject and details become stars. Texts are cut at 10,000 characters, because what is too large to be sealed
    would be set aside.

    Raises:
        InputError: `at` has no zone, `action` is not of that form, or a text is outside the canonical profile.
    """

    at: datetime
    actor: str
    action: str
    subject: str
    incident: IncidentId | None = None
    outcome: str = "ok"
    data: Mapping[str, Any] = field(default_factory=dict)
    id: EntryId = field(default_factory=lambda: EntryId(uuid7()))

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise InputError(f"time {self.at.isoformat()} has no zone; use an aware UTC time")
        if len(self.action) > MOST_ACTION or not _ACTION.fullmatch(self.action):
            raise InputError(f"audit action {self.action[:80]!r} is not short dotted words, as in 'job.submitted'")
        for name in ("actor", "subject", "outcome"):
            if len(text := getattr(self, name)) > MOST_TEXT:
                object.__setattr__(self, name, text[: MOST_TEXT - 1] + "\u2026")
        texts = self.actor + self.subject + self.outcome
        if not is_plain(texts):
            canonical_bytes([self.actor, self.subject, self.outcome])
        if _NAMED_TOKEN.fullmatch(self.subject) is None:
            object.__setattr__(self, "subject", starred(self.subject))
        object.__setattr__(self, "data", without_secrets(evidence_object(self.data)))
