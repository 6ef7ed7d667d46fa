"""Which services could forge the proof of what was done to them, because their user owns files of the audit log."""

import os
import pwd
from collections.abc import Sequence
from pathlib import Path

from grace_workers.settings.tree import Settings

_RUNS_PROGRAMS = "process"


def exposed_proof(settings: Settings) -> str | None:
    """Return which services run as the owner of the audit log's key, state or anchor; None when none does."""
    own = {None, str(os.geteuid()), *(one.pw_name for one in pwd.getpwall() if one.pw_uid == os.geteuid())}
    services = [
        one.name for one in settings.targets if one.kind == _RUNS_PROGRAMS and one.connection.get("user") in own
    ]
    owned = [what for what, path in _proof(settings).items() if _owner(path) == os.geteuid()]
    if not services or not owned:
        return None
    return (
        f"separate users for {', '.join(services)}: they run as uid {os.geteuid()}, which owns the audit log's "
        f"{', '.join(owned)}, so an intruder in one of them can forge the log; set their `user`"
    )


def _proof(settings: Settings) -> dict[str, Path]:
    keys = settings.audit_keys_dir
    return {"key": keys / "key", "state": keys / "state", "anchor": settings.audit_anchor_file}


def _owner(path: Path) -> int | None:
    """Return the owner of a file; before the first start, of the nearest existing folder, whose owner will make it."""
    places: Sequence[Path] = (path, *path.parents)
    return next((one.stat().st_uid for one in places if one.exists()), None)
