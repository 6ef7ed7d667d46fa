"""Which processes of this machine belong to a node."""

import os
from pathlib import Path

import psutil


def belongs(process: psutil.Process, folder: Path) -> bool:
    """Whether a live process, whoever its parent is, belongs to the node that keeps its things in `folder`.

    One that has given itself a title shows no environment any more, but it writes its log there.

    Raises:
        psutil.Error: it ended meanwhile, or is somebody else's.
    """
    if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
        return False
    place = str(folder)
    if any(place in argument for argument in process.cmdline()) or process.environ().get("GRACE_DATA_DIR") == place:
        return True
    return any(file.path.startswith(f"{place}/") for file in process.open_files())
