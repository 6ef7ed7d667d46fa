"""Whether the node of this data directory is healthy, for a container's health check: exit 0 or 1, and one line of why.

Run as a file (`python -I -S health.py`). It imports only the standard library, since it runs every few seconds.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# A paused process is meant not to run.
_WELL = {"ready", "paused"}
_NOT_UP = {"booting", "waiting", "stopping"}
_FOREIGN_WRITERS = 0o022
_ASLEEP = {"T", "t", "Z", "X"}


def troubles(data_dir: Path) -> Iterator[str]:
    """Return what is wrong with the node; empty if its processes run and passed their last self-test."""
    path = data_dir / "node.json"
    try:
        said: dict[str, Any] = json.loads(_own_text(path))
    except (OSError, ValueError) as error:
        yield f"no node is running here: {path}: {error}"
        return
    if not _runs(said["pid"]):
        yield f"the node itself (process {said['pid']}) is not running"
    if said.get("health") in _NOT_UP:
        yield f"the node is {said['health']}: {said.get('note') or 'not up'}"
    if not said["children"]:
        yield "the node has not started a process yet"
    for name, child in said["children"].items():
        if child["state"] not in _WELL:
            yield f"{name} is {child['state']}: {child['trouble'] or 'not ready yet'}"
        elif child["state"] == "ready" and not _runs(child["pid"]):
            yield f"{name} (process {child['pid']}) is not running"


def _own_text(path: Path) -> str:
    """Return the text of a file that only we or root may write. Raises OSError or ValueError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, encoding="utf-8") as file:
        found = os.fstat(descriptor)
        if found.st_uid not in {0, os.geteuid()} or found.st_mode & _FOREIGN_WRITERS:
            raise ValueError("another user may have written it")
        return file.read()


def _runs(pid: int | None) -> bool:
    """Return whether that process exists, and is neither stopped nor dead."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    # The name before it may contain spaces and brackets.
    return status.rpartition(")")[2].split()[0] not in _ASLEEP


def main() -> None:
    """Look, print what is wrong, and exit."""
    found = list(troubles(Path(os.environ.get("GRACE_DATA_DIR", ".grace"))))
    sys.stdout.write("\n".join(found or ["well"]) + "\n")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
