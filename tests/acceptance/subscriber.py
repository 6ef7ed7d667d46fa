"""A user's subscriber as a separate process, to be killed: python subscriber.py WAY ADDRESS TOKEN FILE."""

import sys
import time
from datetime import timedelta
from pathlib import Path

from grace_workers import Grace

if __name__ == "__main__":
    way, address, token, path = sys.argv[1:]
    client = Grace(url=address, token=token) if way == "url" else Grace(database_url=address, name="mailer")
    with client as grace, Path(path).open("a", buffering=1) as notes:
        events = grace.subscribe(
            "node.boot", group="mailer", start="oldest", hold=timedelta(seconds=1), idle=timedelta(seconds=3)
        )
        for event in events:
            notes.write(f"{event.body['step']} {event.id}\n")
            # The time that a mail would take.
            time.sleep(0.005)
