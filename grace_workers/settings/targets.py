"""Declared targets."""

from pydantic import Field

from grace_workers.actions import AnyDriver, KindName, Ownership, Target
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.field_types import OneLine
from grace_workers.foundation.ids import TargetName


class TargetSettings(Document):
    """One declared target; its `connection` is read by the driver of its kind."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")
    kind: KindName
    owner: Ownership = Ownership.EXTERNAL
    connection: dict[str, JsonValue] = Field(default_factory=dict, repr=False)
    labels: dict[str, str] = Field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    environment: OneLine | None = Field(
        default=None,
        description="The identity that the target must prove before each write; the check `environment` reads it.",
    )

    def declared(self, drivers: Catalog[AnyDriver]) -> Target:
        """Return what it declares, with the roles that it plays; None for an unknown kind, which a world refuses."""
        roles = drivers[self.kind].roles_with(self.connection) if self.kind in drivers else None
        return Target(
            name=TargetName(self.name),
            kind=self.kind,
            owner=self.owner,
            connection=self.connection,
            labels=self.labels,
            depends_on=tuple(TargetName(name) for name in self.depends_on),
            environment=self.environment,
            roles=None if roles is None else frozenset(role.__name__ for role in roles),
        )
