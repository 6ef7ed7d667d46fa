"""A child's log file, bounded: the current part and one earlier."""

import os
import shutil
from pathlib import Path

LIMIT = 8 * 1024 * 1024
_MAKING = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def trim(log: Path, *, limit: int = LIMIT) -> None:
    """Move the text of a log beyond `limit` bytes to `<name>.1`. The writer appends, so it goes on at the new start."""
    try:
        if log.stat().st_size <= limit:
            return
        earlier = log.with_name(f"{log.name}.1")
        earlier.unlink(missing_ok=True)
        with log.open("rb") as source, os.fdopen(os.open(earlier, _MAKING, 0o600), "wb") as copy:
            shutil.copyfileobj(source, copy)
        os.truncate(log, 0)
    except FileNotFoundError:
        return


def last_words(log: Path | None, *, lines: int = 5) -> str:
    """Return the end of the log as one line."""
    if log is None or not log.exists():
        return "it wrote no log"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        tail = file.read().decode(errors="replace").strip().splitlines()[-lines:]
    return f"{' / '.join(line.strip() for line in tail if line.strip())} (log: {log})"
