"""From a signal to the decision, in a fleet that knows much: 500 targets, 60 playbooks, 10,000 signatures, all causes.

`python -m tests.benchmarks.bench_decision [--quick]`. The real line over a real PostgreSQL, in this process, without a
broker: what is measured is the work of a decision, and not the wait for a worker. A signal is
parsed, recognised, stored and correlated; then the line reads its evidence, diagnoses, chooses a playbook, binds it and
decides. Each incident is on a log directory of its own that is over its quota, and its signal brings a line of a log
that is like many of those known. Beside the time that passed stands the processor time of this process, because other
load on a machine makes the first longer.
"""

import argparse
import gc
import logging
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
import yaml
from pydantic import SecretStr

from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.bootstrap.runtime import Runtime, open_runtime
from grace_workers.entrypoints.tasks.catalog import job_functions
from grace_workers.entrypoints.tasks.edge import Ring, attend
from grace_workers.foundation.ids import IncidentId
from grace_workers.orchestration.job import JobState, Pool
from grace_workers.orchestration.stores.signatures import SignatureStore
from grace_workers.orchestration.work.intake import accept
from grace_workers.settings import BrokerSettings, DatabaseSettings, Settings, load_settings
from grace_workers.signals import IncidentState, KnownSignature, plain_signals, sign
from tests.benchmarks.bench_line import declare, fill, quantiles
from tests.benchmarks.machine import machine
from tests.conftest import migrate

TARGETS, PLAYBOOKS, SIGNATURES = 500, 60, 10_000
BAR = 30
NAMES = 100
WARM_UP = 5
DECIDED = {IncidentState.GRANTED, IncidentState.AWAITING_APPROVAL}
PLAYBOOK = {
    "version": 1,
    "description": "Restarts the service.",
    "aspect": "performance",
    "budget": "90s",
    "steps": [{"id": "restart", "primitive": "restart_service"}],
    "expectations": [{"id": "runs", "check": "alive", "operator": "==", "bound": 1, "within": "15s"}],
}


def more_playbooks(folder: Path, runtime: Runtime) -> None:
    """Write playbooks for causes that have none, so that there are enough of them."""
    library = runtime.line.library()
    taken = {cause for one in library for cause in one.when.causes}
    free = [cause.name for cause in runtime.line.causes() if cause.name not in taken]
    for cause in free[: PLAYBOOKS - len(library)]:
        made = {"name": f"mend_{cause}", **PLAYBOOK, "when": {"causes": [cause]}}
        (folder / f"mend_{cause}.yaml").write_text(yaml.safe_dump(made), encoding="utf-8")


def line_of(number: int) -> str:
    """Return a line of a log; those of one name differ in their words."""
    words = ("alpha", "bravo", "delta", "hotel", "india", "kilo", "lima", "oscar", "tango", "zulu")
    said = " ".join(words[number // 10**place % 10] for place in range(4))
    return f"ERROR step {said} failed: no space left on device after {number} blocks"


def known_signatures() -> Sequence[KnownSignature]:
    """Return what the fleet has recognised before."""
    found = []
    for number in range(SIGNATURES):
        name, text = f"ERROR service-{number % NAMES}", line_of(number)
        signature = sign(name, text=text)
        found.append(KnownSignature(signature=signature, known_as=signature, context=name, shape=text))
    return found


@dataclass(frozen=True)
class Taken:
    """Milliseconds of one decision: those that passed until it, and until it and the contract were stored and the job
    ended; those of the processor for the whole job, and those of the processor for finding, among all causes, the ones
    that the signal points to."""

    passed: float
    stored: float
    spent: float
    compared: float


def decide(runtime: Runtime, number: int, target: str) -> Taken:
    """Report a full directory, and return how long the decision took."""
    said = {"name": f"ERROR service-{number % NAMES}", "target": target, "text": line_of(number * 7)}
    began, spent = time.time(), time.process_time()
    [signal] = plain_signals(said, runtime.clock.now())
    [receipt] = accept(runtime.intake, [signal], by="bench")
    spent = time.process_time() - spent
    looked = time.time()
    with runtime.ledger.transaction() as tx:
        [job] = [one for one in tx.jobs.find(state=JobState.QUEUED) if one.pool is Pool.ORCHESTRATION]
    # A worker reads the id of the job from the doorbell, so the search for it does not count.
    began += time.time() - looked
    spent -= time.process_time()
    attend(runtime, job_functions(), Ring(job_id=str(job.id)))
    spent += time.process_time()
    stored = time.time()
    compared = time.process_time()
    assert runtime.line.causes().seen_in([signal])
    compared = time.process_time() - compared
    decided = _decided_at(runtime, receipt.incident)
    return Taken(*(seconds * 1000 for seconds in (decided - began, stored - began, spent, compared)))


def _decided_at(runtime: Runtime, incident: IncidentId | None) -> float:
    """Return when it was decided, and leave no work behind, so that the next decision is alone."""
    assert incident is not None
    with runtime.ledger.transaction() as tx:
        decided = [one.at for one in tx.incidents.timeline(incident) if one.state in DECIDED]
        for job in tx.jobs.find(state=JobState.QUEUED):
            tx.jobs.cancel(job.id)
    if not decided:
        raise AssertionError(f"incident {incident} came to no decision")
    return decided[0].timestamp()


def measure(settings: Settings, names: Sequence[str], folder: Path) -> None:
    """Take the decisions and print the figures."""
    runtime = open_runtime(settings)
    try:
        PostgresInstances(runtime.engine).register(runtime.instance, pools=["orchestration"])
        with runtime.ledger.transaction() as tx:
            tx[SignatureStore].put(known_signatures())
        print(
            f"{len(runtime.line.targets)} targets, {len(runtime.line.library())} playbooks, {SIGNATURES} signatures, "
            f"{len(runtime.line.causes())} causes"
        )
        for name in names:
            fill(folder / "logs" / name)
        # As a worker does before its first job.
        gc.collect()
        gc.freeze()
        taken = [decide(runtime, number, name) for number, name in enumerate(names)][WARM_UP:]
    finally:
        runtime.close()
    print(f"signal -> decision: {quantiles([one.passed for one in taken])} (bar p95 <= {BAR} ms)")
    print(f"  until it and the contract are stored and the job has ended: {quantiles([one.stored for one in taken])}")
    print(f"  processor time of this process, up to the contract: {quantiles([one.spent for one in taken])}")
    compared = sorted(one.compared for one in taken)
    print(f"  of that, comparing the signal with all causes: p50 {compared[len(compared) // 2]:.2f} ms")


def main() -> None:
    """Start servers, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="40 decisions instead of 200")
    count = WARM_UP + (40 if parser.parse_args().quick else 200)
    print(machine())
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory(prefix="grace-bench-") as name:
        folder = Path(name)
        postgres = EmbeddedPostgres(folder / "postgres")
        valkey = EmbeddedValkey(folder / "valkey", durable=False)
        postgres.start()
        valkey.start()
        try:
            migrate(postgres.url)
            read = load_settings(declare(folder, [f"logs-{number}" for number in range(TARGETS)]))
            servers = {
                "database": DatabaseSettings(url=SecretStr(postgres.url)),
                "broker": BrokerSettings(url=SecretStr(valkey.url)),
            }
            settings = read.model_copy(update={**servers, "data_dir": folder / "data"})
            first = open_runtime(settings)
            more_playbooks(folder / "playbooks", first)
            first.close()
            measure(settings, [f"logs-{number}" for number in range(count)], folder)
        finally:
            valkey.stop()
            postgres.stop()


if __name__ == "__main__":
    main()
