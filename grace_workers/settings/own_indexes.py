"""Where a user's own commands keep indexes of code."""

import os
from pathlib import Path


def own_indexes() -> Path:
    """Return where indexes of code are kept for this user: in the cache folder that the desktop standard names."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(given) if given.startswith("/") else Path.home() / ".cache") / "grace" / "code-index"
