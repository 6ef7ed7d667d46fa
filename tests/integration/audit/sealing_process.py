"""A sealer as a separate process, to be killed: python sealing_process.py URL FOLDER."""

import sys
import threading
from pathlib import Path

from grace_workers.adapters.files.audit_anchor import FileAnchor
from grace_workers.adapters.files.audit_keys import FileSealingKeys
from grace_workers.adapters.postgres.audit import Rhythm, Sealer

if __name__ == "__main__":
    url, folder = sys.argv[1], Path(sys.argv[2])
    sealer = Sealer(
        url, FileSealingKeys(folder / "keys"), [FileAnchor(folder / "anchors.jsonl")], rhythm=Rhythm(batch=50)
    )
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sealer.run(threading.Event())
