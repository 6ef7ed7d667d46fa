"""The playbooks that plans were made of, in memory."""

from collections.abc import Sequence

from grace_workers.orchestration.stores.playbook_versions import PlaybookVersion, PlaybookVersionStore
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryPlaybookVersionStore(PlaybookVersionStore):
    """Implements `stores.PlaybookVersionStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._versions: dict[str, PlaybookVersion] = tx.table("playbook_versions")

    def keep(self, version: PlaybookVersion) -> None:
        self._versions.setdefault(version.digest, version)

    def of(self, playbook: str, *, limit: int = 50) -> Sequence[PlaybookVersion]:
        mine = [one for one in self._versions.values() if one.playbook == playbook]
        newest = sorted(sorted(mine, key=lambda one: one.digest), key=lambda one: one.first_at, reverse=True)
        return newest[:limit]

    def find(self, digest: str) -> PlaybookVersion | None:
        return self._versions.get(digest)


DEFINITION = implements(PlaybookVersionStore)(MemoryPlaybookVersionStore)
