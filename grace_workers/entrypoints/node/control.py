"""The control process of a node: heartbeat, leadership, relay, sweep and sealer, one thread each.

Run as `python -m grace_workers.entrypoints.node.control`. It keeps no state, so the node starts it anew when it dies.
"""

import signal
import sys
import threading
from collections.abc import Sequence

import structlog

from grace_workers.entrypoints.node.ports import Loop

_LAST_WORDS = 2.5

log = structlog.get_logger()


def run_loops(loops: Sequence[Loop], stop: threading.Event) -> bool:
    """Run all loops until `stop` is set; return whether none failed. The first that ends early stops the others."""
    failed = threading.Event()

    def keep(loop: Loop) -> None:
        try:
            loop.run(stop)
        finally:
            # Also reached on an error, which the thread's own hook then shows.
            if not stop.is_set():
                log.error("loop_ended", loop=loop.name)
                failed.set()
                stop.set()

    threads = [threading.Thread(target=keep, args=(loop,), name=loop.name, daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join(_LAST_WORDS / len(threads))
    return not failed.is_set()


def main() -> None:
    """Run the control loops of this node until SIGTERM or SIGINT; exit 1 when one of them fails."""
    from grace_workers.bootstrap import control_loops
    from grace_workers.settings import load_settings

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    sys.exit(0 if run_loops(control_loops(load_settings()), stop) else 1)


if __name__ == "__main__":
    main()
