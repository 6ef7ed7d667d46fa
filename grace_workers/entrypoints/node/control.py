"""The control process of a node: heartbeat, leadership, relay, sweep and sealer, one thread each.

Run as `python -m grace_workers.entrypoints.node.control`. It keeps no state, so the node restarts it when it dies.
"""

import os
import signal
import sys
import threading

from grace_workers.entrypoints.closed import close_to_others
from grace_workers.node.loops import run_loops


def main() -> None:
    """Run the control loops of this node until SIGTERM or SIGINT; exit 1 when one of them fails, 77 when fenced."""
    from grace_workers.bootstrap.control import control_loops
    from grace_workers.entrypoints.log_lines import set_up
    from grace_workers.node.pulse import begin_pulse
    from grace_workers.settings import load_settings

    close_to_others()
    begin_pulse(os.environ)
    settings = load_settings()
    set_up(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        # On a separate thread, because the main one may be about to wait, holding the lock that this takes.
        signal.signal(number, lambda _number, _frame: threading.Thread(target=stop.set).start())
    sys.exit(run_loops(control_loops(settings), stop))


if __name__ == "__main__":
    main()
