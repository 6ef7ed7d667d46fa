"""A mover as a process of its own, to be killed: python moving_process.py URL."""

import sys
import threading
from datetime import timedelta

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.mesh import EventMover

if __name__ == "__main__":
    mover = EventMover(make_engine(sys.argv[1]), poll=timedelta(milliseconds=2))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    mover.run(threading.Event())
