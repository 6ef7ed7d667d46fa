"""A process that only verifies a log: python -m tests.benchmarks.audit_verifier URL FOLDER.

Prints entries per second, processor us per entry and its peak memory in MB. It imports only what verifying needs.
"""

import sys
import time
from pathlib import Path

from grace_workers.adapters.files.audit_anchor import FileAnchor
from grace_workers.adapters.files.audit_keys import FileSealingKeys
from grace_workers.adapters.postgres.audit import PostgresAuditArchive
from grace_workers.audit import Intact


def main(url: str, folder: Path) -> None:
    archive = PostgresAuditArchive(url, FileSealingKeys(folder / "keys"), [FileAnchor(folder / "anchors")])
    started, spent = time.perf_counter(), time.process_time()
    found = archive.verify()
    took, spent = time.perf_counter() - started, time.process_time() - spent
    if not isinstance(found, Intact):
        raise SystemExit(str(found))
    # Not getrusage: its peak includes what the parent held before this process began its own program.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(found.checkpoint.size / took, spent / found.checkpoint.size * 1e6, int(peak.split()[1]) / 1024)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
