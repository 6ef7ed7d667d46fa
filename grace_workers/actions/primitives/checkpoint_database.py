"""Write a database's changed pages to disk now, so that a crash replays little."""

from grace_workers.actions.act import Irrevocable
from grace_workers.actions.primitive import BlastRadius, Outcome, Preview, done
from grace_workers.actions.roles.sql_console import SqlConsole
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document


class CheckpointParams(Document):
    """A checkpoint has no choices."""


class LogBefore(Document):
    """What a snapshot of a checkpoint holds: how much a crash would have replayed."""

    pending_bytes: int


class WriteCheckpoint(Irrevocable[SqlConsole, CheckpointParams, LogBefore]):
    """Write a database's changed pages to disk now, so that a crash replays little."""

    role = SqlConsole
    params = CheckpointParams
    kept = LogBefore
    cannot = "a checkpoint changes no data, so there is nothing to restore"

    def preview(self, console: SqlConsole, params: CheckpointParams) -> Preview:
        """Return how much would be written."""
        del params
        pending = console.bytes_since_checkpoint()
        return Preview(
            changes=(f"checkpoint the database; a crash would replay {pending} bytes now",),
            blast=BlastRadius(count=1, unit="checkpoint", share=0.0),
        )

    def snapshot(self, console: SqlConsole, params: CheckpointParams) -> LogBefore:
        """Save how much a crash would have replayed."""
        del params
        return LogBefore(pending_bytes=console.bytes_since_checkpoint())

    def apply(self, console: SqlConsole, params: CheckpointParams, before: LogBefore) -> Outcome:
        """Checkpoint and wait for it."""
        del params
        console.checkpoint()
        after = console.bytes_since_checkpoint()
        return done(
            f"checkpointed; a crash would now replay {after} bytes (was {before.pending_bytes})", pending_bytes=after
        )

    def answers(self, console: SqlConsole, params: CheckpointParams) -> bool:
        """Return whether the database answers."""
        del params
        return console.session_count() >= 0


DEFINITION = WriteCheckpoint().primitive(
    "checkpoint_database",
    "Write a database's changed pages to disk now, so that a crash replays little.",
    aspect=Aspect.PERFORMANCE,
    risk=0.1,
    worst=BlastRadius(count=1, unit="checkpoint", share=0.0),
    irreversible="A checkpoint cannot be undone; it changes no data.",
)
