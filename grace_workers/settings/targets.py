"""Declared targets."""

from pydantic import Field

from grace_workers.actions import KindName, Ownership
from grace_workers.foundation.document import Document, JsonValue


class TargetSettings(Document):
    """One declared target; its `connection` is read by the driver of its kind."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")
    kind: KindName
    owner: Ownership = Ownership.EXTERNAL
    connection: dict[str, JsonValue] = Field(default_factory=dict, repr=False)
    labels: dict[str, str] = Field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
