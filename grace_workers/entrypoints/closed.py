"""What every process of ours does first, so that it leaves nothing open to other users."""

import os
import resource

UMASK = 0o077


def close_to_others() -> None:
    """Keep what this process and its children create private, and leave no core file with secrets in it.

    The services that Grace starts get an ordinary umask.
    """
    os.umask(UMASK)
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
