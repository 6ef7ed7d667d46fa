"""Which processes of this machine belong to a node, and what another user's process may do to it."""

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import psutil


def belongs(process: psutil.Process, folder: Path) -> bool:
    """Return whether a live process, whatever its parent is, belongs to the node with this data `folder`.

    A process that has set its own title shows no environment any more, but it writes its log there.

    Raises:
        psutil.Error: it ended meanwhile, or belongs to someone else.
    """
    if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
        return False
    place = str(folder)
    if any(place in argument for argument in process.cmdline()) or process.environ().get("GRACE_DATA_DIR") == place:
        return True
    return any(file.path.startswith(f"{place}/") for file in process.open_files())


def as_another_user(act: Callable[[], None], uid: int = 65534) -> None:
    """Do something in another user's process, with none of root's rights; fail when it raises. Only for root."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            act()
            code = 0
        except BaseException:  # noqa: BLE001 - it is shown, and the code tells
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
