"""The audit log."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field

from grace_workers.foundation.document import Document


class AuditSettings(Document):
    """Where the audit log's key and anchor are: never in the database."""

    keys_dir: Path | None = None
    anchor_file: Path | None = None
    seal_every: timedelta = Field(default=timedelta(milliseconds=50), gt=timedelta(0), le=timedelta(seconds=5))
