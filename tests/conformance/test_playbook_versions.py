"""What the store of playbooks' versions promises, in memory and PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

from grace_workers.orchestration.stores.playbook_versions import PlaybookVersion, PlaybookVersionStore
from grace_workers.testing import FakeClock
from tests.conformance.line_worlds import World, clock, world

__all__ = ["clock", "world"]


def test_a_version_is_kept_once_and_a_playbooks_versions_come_newest_first(world: World, clock: FakeClock) -> None:
    content = {"name": "restart", "steps": [{"id": "one", "params": {"grace": "5s"}}], "budget": "2m"}
    first = PlaybookVersion(digest="a" * 64, playbook="restart", first_at=clock.now(), content=content)
    second = replace(first, digest="b" * 64, first_at=clock.now() + timedelta(hours=1), content={"name": "restart"})
    other = replace(first, digest="c" * 64, playbook="other")
    with world.ledger.transaction() as tx:
        for version in (first, second, other, replace(first, first_at=second.first_at, content={})):
            tx[PlaybookVersionStore].keep(version)
    with world.ledger.transaction() as tx:
        assert list(tx[PlaybookVersionStore].of("restart")) == [second, first]
        assert list(tx[PlaybookVersionStore].of("restart", limit=1)) == [second]
        assert tx[PlaybookVersionStore].find("a" * 64) == first
        assert tx[PlaybookVersionStore].find("d" * 64) is None
