"""The fleet under loss: take-over of the lead, of jobs and of processes, boot, steady load with kills, and scale-out.

`python -m tests.benchmarks.bench_fleet [--quick] [--only PART ...]`. Real servers, real nodes as processes. Each part
has its own servers; six whole nodes take about three gigabytes of memory.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from tests.benchmarks import fleet_leader, fleet_load, fleet_losses
from tests.benchmarks.fleet_nodes import nodes
from tests.benchmarks.machine import machine
from tests.conftest import migrate

Servers = tuple[str, str]


@contextmanager
def servers(folder: Path) -> Iterator[Servers]:
    """Start a durable PostgreSQL and a durable Valkey."""
    with ExitStack() as stack:
        postgres, valkey = EmbeddedPostgres(folder / "postgres"), EmbeddedValkey(folder / "valkey")
        for server in (postgres, valkey):
            server.start()
            stack.callback(server.stop)
        migrate(postgres.url)
        yield postgres.url, valkey.url


def leader(folder: Path, found: Servers, *, quick: bool) -> None:
    """Leader take-over."""
    del folder
    fleet_leader.measure(found[0], 3 if quick else 30)


def instance(folder: Path, found: Servers, *, quick: bool) -> None:
    """A dead instance's jobs, and a killed pool child's."""
    with nodes(folder / "fleet", found, files=600) as fleet:
        fleet_losses.dead_instance(fleet, 3 if quick else 30)
    fleet_losses.pool_child(found[1], 5 if quick else 30)


def kernels(folder: Path, found: Servers, *, quick: bool) -> None:
    """Killed and frozen processes of a node."""
    with nodes(folder / "fleet", found) as fleet:
        fleet_losses.kernels(fleet.start("alone"), 1 if quick else 5)


def boot(folder: Path, found: Servers, *, quick: bool) -> None:
    """A whole boot, with servers already running."""
    fleet_losses.boot(folder, found, 1 if quick else 5)


def load(folder: Path, found: Servers, *, quick: bool) -> None:
    """Six instances under steady load, one killed every five seconds."""
    with nodes(folder / "fleet", found, files=400) as fleet:
        fleet_load.steady_load(fleet, 20 if quick else 120, 2 if quick else fleet_load.INSTANCES)


def scale(folder: Path, found: Servers, *, quick: bool) -> None:
    """One, two and four instances."""
    with nodes(folder / "fleet", found) as fleet:
        fleet_load.scale_out(fleet, 6 if quick else 24)


PARTS: Mapping[str, Callable[..., None]] = {
    part.__name__: part for part in (leader, instance, kernels, boot, scale, load)
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few runs, two instances under load; some minutes")
    parser.add_argument("--only", nargs="+", choices=sorted(PARTS), default=list(PARTS), help="only these parts")
    options = parser.parse_args()
    print(machine())
    for name in options.only:
        with tempfile.TemporaryDirectory(prefix="grace-fleet-", ignore_cleanup_errors=True) as place:
            folder = Path(place)
            folder.chmod(0o755)
            with servers(folder) as found:
                PARTS[name](folder, found, quick=options.quick)


if __name__ == "__main__":
    main()
