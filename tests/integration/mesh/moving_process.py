"""A mover as a separate process, to be killed or measured: python moving_process.py URL MILLISECONDS."""

import sys
import threading
from datetime import timedelta

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.events import EventMover

if __name__ == "__main__":
    mover = EventMover(make_engine(sys.argv[1]), poll=timedelta(milliseconds=int(sys.argv[2])))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    mover.run(threading.Event())
