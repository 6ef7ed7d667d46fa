"""Six instances under steady load while one after another is killed; and what more instances do for throughput."""

import http.client
import json
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from statistics import median

from grace_workers.adapters.celery import DoorbellPublisher
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.jobs.ringing import Ringer
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.orchestration.job import JobRequest, Pool
from tests.benchmarks.balancer import Balancer
from tests.benchmarks.figures import quantiles
from tests.benchmarks.fleet_nodes import Nodes
from tests.waiting import until

INSTANCES = 6
KILL_EVERY = 5.0
LOOKERS = 4
LOOKS_A_SECOND = 5.0
HEALS_A_SECOND = 1.0
SLOTS = 4
JOB_SECONDS = 0.1
ROUNDS = 3


@dataclass
class Clients:
    """What the clients of the API saw."""

    port: int
    token: str
    took: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def look(self, seed: int) -> None:
        """Request the state of the fleet repeatedly."""
        chance = random.Random(seed)
        while not self.stopped.wait(chance.expovariate(LOOKS_A_SECOND)):
            self.ask("GET", "/elite/status")

    def heal(self, targets: Iterator[str]) -> None:
        """Request one heal after another; a refused or lost request is repeated under the same key."""
        while not self.stopped.wait(1 / HEALS_A_SECOND):
            target = next(targets)
            order = {"target": target, "playbook": "append", "reason": "append wanted", "params": {}}
            while not self.ask("POST", "/elite/healing/task", order, key=f"order-{target}"):
                if self.stopped.wait(0.2):
                    return
            self.accepted.append(target)

    def ask(self, method: str, path: str, body: object = None, key: str | None = None) -> bool:
        """Send one request and record the result."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            answer.read()
            status = str(answer.status)
        except (OSError, http.client.HTTPException) as error:
            status = type(error).__name__
        finally:
            connection.close()
        self.took.append(time.monotonic() - began)
        if not status.startswith("2"):
            self.failed.append(f"{method} {status}")
        return status.startswith("2")


def steady_load(fleet: Nodes, seconds: float, instances: int = INSTANCES) -> None:
    """Print what clients behind a balancer see while an instance dies every five seconds, and count the effects."""
    names = [f"node-{number}" for number in range(instances)]
    for name in names:
        fleet.start(name)
    chance = random.Random(20261121)
    ports = [fleet.running[name].node.api_port for name in names]
    token = (fleet.running[names[0]].node.data_dir / "cli-token").read_text().strip()
    balancer = Balancer(ports)
    try:
        until(lambda: balancer.healthy() == instances, within=30)
        clients = Clients(balancer.port, token)
        kills, fewest = _under_load(fleet, clients, balancer, seconds, chance)
    finally:
        balancer.close()
    wanted = int(seconds / KILL_EVERY) - 1
    told = f"{instances} instances, {seconds:.0f} s, {kills} kills of {wanted}, never fewer than {fewest} serving"
    _tell(fleet, clients, told)


def _under_load(
    fleet: Nodes, clients: Clients, balancer: Balancer, seconds: float, chance: random.Random
) -> tuple[int, int]:
    """Kill one serving instance every five seconds and restart it, as a restart policy does."""
    fewest, kills = balancer.healthy(), 0
    with ThreadPoolExecutor(LOOKERS + 1) as pool:
        work = [pool.submit(clients.look, seed) for seed in range(LOOKERS)]
        work.append(pool.submit(clients.heal, iter(fleet.scene.file_names)))
        began = time.monotonic()
        try:
            for number in range(1, int(seconds / KILL_EVERY)):
                # Killing and starting take a second themselves.
                clients.stopped.wait(max(0.0, began + number * KILL_EVERY - time.monotonic()))
                up = [name for name, house in fleet.running.items() if house.node.said().get("health") in _UP]
                if len(up) > 1:
                    name = chance.choice(up)
                    port = fleet.running[name].node.api_port
                    fleet.kill(name)
                    fleet.start(name, wait=False, GRACE_API__PORT=str(port))
                    kills += 1
                fewest = min(fewest, balancer.healthy())
            clients.stopped.wait(max(0.0, began + seconds - time.monotonic()))
        finally:
            clients.stopped.set()
        for one in work:
            one.result()
    return kills, fewest


_UP = {"healthy", "degraded"}


def _tell(fleet: Nodes, clients: Clients, title: str) -> None:
    for house in fleet.running.values():
        house.node.until_ready(within=240)
    house = next(iter(fleet.running.values()))
    house.until_at_rest(clients.accepted, within=120)
    effects = [fleet.scene.effects(target) for target in clients.accepted]
    rate = len(clients.failed) / max(1, len(clients.took))
    print(f"steady load: {title}")
    print(f"  API behind the balancer: {quantiles(clients.took)} (bar p99 1 s); ", end="")
    print(f"{len(clients.failed)} errors = {rate:.3%} (bar 0.1 %) {sorted(set(clients.failed))}")
    print(f"  {len(clients.accepted)} heals: {effects.count(0)} lost, ", end="")
    print(f"{sum(count > 1 for count in effects)} doubled (bar 0, 0), endings {dict(house.endings(clients.accepted))}")
    print(f"  audit: {house.grace('audit', 'verify').stdout.strip().splitlines()[-1:]}")


def scale_out(fleet: Nodes, seconds: float) -> None:
    """Print how many 100 ms jobs a second 1, 2 and 4 instances of four slots each get done, in three rounds each."""
    fleet.start("steering", "control")
    rates: dict[int, list[float]] = {}
    for count in (1, 2, 4):
        while len(fleet.running) - 1 < count:
            fleet.start(f"worker-{len(fleet.running)}", "orchestration", GRACE_POOLS__ORCHESTRATION=str(SLOTS))
        rates[count] = [_rate(fleet, int(seconds / ROUNDS * count * SLOTS / JOB_SECONDS)) for _ in range(ROUNDS)]
    best = SLOTS / JOB_SECONDS
    told = [f"{count}: {median(some):.0f}/s ({median(some) / count / best:.0%})" for count, some in rates.items()]
    ratios = sorted(four / one for one, four in product(rates[1], rates[4]))
    print(
        f"scale-out, 100 ms jobs, {SLOTS} slots an instance, jobs a second (of what the slots allow): {', '.join(told)}"
    )
    print(f"  x {median(ratios):.2f} at 4, {ratios[0]:.2f} to {ratios[-1]:.2f} of {ROUNDS} rounds each (bar 3.8)")


def _rate(fleet: Nodes, jobs: int) -> float:
    """Return how many a second ended, from the first start to the last end, by the database's clock."""
    request = {"name": "system.sleep", "pool": Pool.ORCHESTRATION, "payload": {"seconds": JOB_SECONDS}}
    with _ledger(fleet) as ledger, ledger.transaction() as transaction:
        ids = [job.id for job in transaction.jobs.submit([JobRequest(**request) for _ in range(jobs)])]
    query = (
        "SELECT count(*) FILTER (WHERE state = 'succeeded'),"
        " extract(epoch FROM max(ended_at) - min(started_at)) FROM jobs WHERE id = ANY(%s)"
    )
    until(lambda: fleet.rows(query, ids)[0][0] == jobs, within=300, every=0.2)
    return jobs / float(fleet.rows(query, ids)[0][1])


@contextmanager
def _ledger(fleet: Nodes) -> Iterator[PostgresLedger]:
    engine = make_engine(fleet.servers[0], application="bench")
    doorbells = DoorbellPublisher(fleet.servers[1])
    ringer = Ringer(engine, doorbells)
    try:
        yield PostgresLedger(engine, ringer=ringer)
    finally:
        ringer.close()
        doorbells.close()
        engine.dispose()
