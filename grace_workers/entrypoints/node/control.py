"""The control process of a node: heartbeat, leadership, relay, sweep and sealer, one thread each.

Run as `python -m grace_workers.entrypoints.node.control`. It keeps no state, so the node starts it anew when it dies.
"""

import os
import signal
import sys
import threading
from collections.abc import Sequence

import structlog

from grace_workers.entrypoints.closed import close_to_others
from grace_workers.entrypoints.node.loops import Member, Membership, Repeating
from grace_workers.entrypoints.node.ports import ControlParts, Loop
from grace_workers.foundation.errors import ConflictError
from grace_workers.orchestration.job import FencedError

# The node's supervisor ends the pools on this exit code, before it starts this process anew.
FENCED = 77
NAME_TAKEN = 78
_LAST_WORDS = 2.5
_LOOK = 0.5

log = structlog.get_logger()


def run_loops(loops: Sequence[Loop], stop: threading.Event) -> int:
    """Run all loops until `stop` is set, and return the exit code. The first that ends early stops the others.

    0: stopped. `FENCED`: the fleet declared this node dead. `NAME_TAKEN`: another one has its name. 1: a loop failed.
    """
    codes: list[int] = []

    def keep(loop: Loop) -> None:
        code = 1
        try:
            loop.run(stop)
        except FencedError as error:
            code = FENCED
            log.error("node_fenced", loop=loop.name, error=str(error))  # noqa: TRY400 - the sentence is the whole story
        except ConflictError as error:
            code = NAME_TAKEN
            log.error("node_refused", loop=loop.name, error=str(error))  # noqa: TRY400 - the sentence is the whole story
        finally:
            # Also reached on any other error, which the thread's own hook then shows.
            if not stop.is_set():
                codes.append(code)
                stop.set()

    threads = [threading.Thread(target=keep, args=(loop,), name=loop.name, daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    # A signal that the kernel hands to another thread does not wake this one, which alone heeds it.
    while not stop.wait(_LOOK):
        pass
    for thread in threads:
        thread.join(_LAST_WORDS / len(threads))
    return codes[0] if codes else 0


def loops_of(parts: ControlParts) -> Sequence[Loop]:
    """Return the loops of a node's control process."""
    member = Member(name=parts.instance, pools=parts.pools, roles=parts.roles, home=parts.home)
    return [
        Membership(parts.register, member, parts.record, measure=parts.measure),
        *parts.running,
        *(Repeating(one.name, one.act, every=one.every, when=one.when) for one in parts.repeated),
    ]


def main() -> None:
    """Run the control loops of this node until SIGTERM or SIGINT; exit 1 when one of them fails, 77 when fenced."""
    from grace_workers.bootstrap import begin_pulse, control_parts
    from grace_workers.entrypoints.log_lines import set_up
    from grace_workers.settings import load_settings

    close_to_others()
    begin_pulse(os.environ)
    settings = load_settings()
    set_up(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        # On a thread of its own, for the main one may be just about to wait, and hold the lock that this takes.
        signal.signal(number, lambda _number, _frame: threading.Thread(target=stop.set).start())
    sys.exit(run_loops(loops_of(control_parts(settings)), stop))


if __name__ == "__main__":
    main()
