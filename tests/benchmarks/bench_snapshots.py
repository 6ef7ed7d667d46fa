"""How long it takes to find that contents of a snapshot are damaged, and to put them right.

`python -m tests.benchmarks.bench_snapshots [--quick]`. A real PostgreSQL with 30 snapshots of 200 parts, of which the
largest have the 4 MiB that a part may have. All of what is in use is damaged in the snapshots at once.
"""

import argparse
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import psycopg

from grace_workers.adapters.embedded import EmbeddedPostgres
from grace_workers.bootstrap.client import client_ledger
from grace_workers.cycles import SnapshotContent, content
from grace_workers.orchestration.stores.snapshots import SnapshotStore
from grace_workers.orchestration.work.snapshot_parts import LARGEST
from grace_workers.orchestration.work.snapshots import keep_snapshot, lost_parts, mend_parts
from tests.benchmarks.machine import machine
from tests.conftest import migrate

BY = "cycle:snapshots"
_DAMAGE = "UPDATE snapshot_parts SET content = set_byte(content, 0, get_byte(content, 0) # 255) WHERE sha256 = ANY(%s)"


def parts(chance: Random, small: int) -> list[SnapshotContent]:
    """Return parts as a fleet has them: two large models, and files of some KiB."""
    models = [content(f"models/{name}", chance.randbytes(LARGEST)) for name in ("diagnosis", "texts")]
    return models + [content(f"playbooks/0/p{number}.yaml", chance.randbytes(4_096)) for number in range(small)]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    snapshots, small = (5, 50) if parser.parse_args().quick else (30, 198)
    print(machine())
    chance, now = Random(1), datetime.now(UTC)
    with tempfile.TemporaryDirectory() as place:
        server = EmbeddedPostgres(Path(place) / "postgres")
        server.start()
        try:
            migrate(server.url)
            ledger = client_ledger(server.url)
            kept = parts(chance, small)
            for number in range(snapshots):
                # Each has another model, as training gives it, and one changed file.
                kept[0] = content("models/diagnosis", chance.randbytes(LARGEST))
                kept[-1] = content(kept[-1].part.name, chance.randbytes(4_096))
                with ledger.transaction() as tx:
                    keep_snapshot(tx, kept, now - timedelta(hours=snapshots - number), by=BY)
            figures(server.url, ledger, kept, now)
            ledger.engine.dispose()
        finally:
            server.stop()


def figures(url: str, ledger, kept: list[SnapshotContent], now: datetime) -> None:  # type: ignore[no-untyped-def]
    """Damage the contents that are in use, and print how long finding and mending them takes."""
    with psycopg.connect(url) as session:
        hashes = [one.part.sha256 for one in kept]
        changed = session.execute(_DAMAGE, [hashes]).rowcount
    began = time.perf_counter()
    with ledger.transaction() as tx:
        lost = len(lost_parts(tx))
    found = time.perf_counter() - began
    began = time.perf_counter()
    with ledger.transaction() as tx:
        mended = len(mend_parts(tx, kept, now, by=BY))
    took = time.perf_counter() - began
    with ledger.transaction() as tx:
        left = len(tx[SnapshotStore].damaged())
    size = sum(len(one.content) for one in kept) / (1 << 20)
    told = f"found {lost} in {found:.2f} s, put {mended} right in {took:.2f} s"
    print(f"{changed} damaged contents of {size:.0f} MiB: {told}")
    print(f"in all {found + took:.2f} s (bar 10 s); still damaged: {left}")


if __name__ == "__main__":
    main()
