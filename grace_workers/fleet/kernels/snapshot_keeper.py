"""The snapshot keeper: returns what it was given, or refuses. Steps, safe points and hourly snapshots rely on it.

The recurring test leaves out the refusal, because a stash is flushed to the disk, and the database waits for the disk.
"""

from datetime import timedelta
from secrets import token_hex

from grace_workers.fleet.kernel import Kernel, Readiness, Ready, Tier, Unready
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    sent = token_hex(32)
    got = probe.stash.echo(sent)
    if got != sent:
        return Unready("a stashed file was read back with different content")
    if probe.thorough and not probe.stash.refuses_change(sent):
        return Unready("a tampered stashed file is restored as if it were intact")
    seen = "a stashed file was read back intact" + (", and a tampered one was refused" if probe.thorough else "")
    return Ready(seen)


DEFINITION = Kernel(
    name="snapshot_keeper",
    tier=Tier.AUTONOMY,
    needs=("database",),
    host="control",
    every=timedelta(seconds=30),
    readiness=_readiness,
)
