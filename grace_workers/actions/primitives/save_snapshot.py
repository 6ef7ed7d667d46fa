"""Let a server that holds its data in memory save it to disk now."""

from datetime import datetime

from grace_workers.actions.act import Irrevocable
from grace_workers.actions.primitive import BlastRadius, Outcome, Preview, done
from grace_workers.actions.roles.data_snapshots import DataSnapshots
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document


class SaveParams(Document):
    """No params."""


class SavedBefore(Document):
    """When the data was last saved, and whether an attempt has failed since."""

    saved_at: datetime
    failed: bool


class SaveSnapshot(Irrevocable[DataSnapshots, SaveParams, SavedBefore]):
    """Let a server that holds its data in memory save it to disk now."""

    role = DataSnapshots
    params = SaveParams
    kept = SavedBefore
    cannot = "a snapshot changes no data, so there is nothing to restore"

    def preview(self, server: DataSnapshots, params: SaveParams) -> Preview:
        """Say how old the last snapshot is."""
        del params
        found = server.state()
        failed = "; the last attempt failed" if found.failed else ""
        return Preview(
            changes=(f"save all data to disk; it was last saved at {found.saved_at:%Y-%m-%d %H:%M:%S} UTC{failed}",),
            blast=BlastRadius(count=1, unit="snapshot", share=0.0),
        )

    def snapshot(self, server: DataSnapshots, params: SaveParams) -> SavedBefore:
        """Keep how the last attempt ended."""
        del params
        found = server.state()
        return SavedBefore(saved_at=found.saved_at, failed=found.failed)

    def apply(self, server: DataSnapshots, params: SaveParams, before: SavedBefore) -> Outcome:
        """Save it, and wait for it."""
        del params, before
        server.save()
        return done("all data is saved to disk")

    def answers(self, server: DataSnapshots, params: SaveParams) -> bool:
        """Return whether the server answers."""
        del params
        return server.state() is not None


DEFINITION = SaveSnapshot().primitive(
    "save_snapshot",
    "Let a server that holds its data in memory save it to disk now.",
    aspect=Aspect.PERFORMANCE,
    risk=0.1,
    worst=BlastRadius(count=1, unit="snapshot", share=0.0),
    irreversible="The new snapshot replaces the one before on the server's disk; no data of the server changes.",
)
