"""A subscriber as a process of its own, to be killed: python subscribing_process.py URL FILE.

It notes each event in FILE, which is an effect outside, and as a signal's memory, which is one in the transaction.
"""

import sys
import threading
from pathlib import Path

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.foundation.clock import SystemClock
from grace_workers.orchestration.events.mesh import StartPosition
from grace_workers.orchestration.events.subscriptions import Subscriber, Subscription
from grace_workers.orchestration.events.topic import Event
from grace_workers.orchestration.events.topics.node_boot import DEFINITION as NODE_BOOT
from grace_workers.orchestration.stores import LineTransaction

if __name__ == "__main__":
    url, path = sys.argv[1], Path(sys.argv[2])

    def act(tx: LineTransaction, event: Event) -> None:
        with path.open("a") as file:
            file.write(f"{event.position} {event.id}\n")
        count = tx.cycle_states.read("counted")
        tx.cycle_states.write("counted", (count if isinstance(count, int) else 0) + 1, event.at)

    wanted = Subscription(name="counting", topics=(NODE_BOOT,), act=act, start=StartPosition.OLDEST, attempts=1_000)
    delivery = Subscriber(PostgresLedger(make_engine(url)), SystemClock(), wanted, holder="test")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    delivery.run(threading.Event())
