"""A subscriber as a separate process, to be killed: python subscribing_process.py URL FILE.

It records each event in FILE before it asks for the next one, which acknowledges it.
"""

import sys
from pathlib import Path

from grace_workers import Grace

if __name__ == "__main__":
    url, path = sys.argv[1], Path(sys.argv[2])
    with Grace(database_url=url) as grace:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        for event in grace.subscribe("node.boot", group="counting", start="oldest"):
            with path.open("a") as file:
                file.write(f"{event.position} {event.id}\n")
