"""The root of the command line: the list of commands, and the exit code of each error.

Exit codes: 0 done, 1 the outcome was a failure, 2 the input was wrong, 3 something was unreachable.
"""

import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from grace_workers.entrypoints.cli.output import complain, say
from grace_workers.entrypoints.closed import close_to_others
from grace_workers.foundation.errors import GraceError, IntegrityError, PermanentError, TransientError
from grace_workers.foundation.version import __version__

if TYPE_CHECKING:
    from types import TracebackType

FAILED, WRONG, UNREACHABLE, INTERRUPTED = 1, 2, 3, 130
_HERE = "grace_workers.entrypoints.cli"

COMMANDS: dict[str, tuple[str, str, str]] = {
    "up": (f"{_HERE}.up", "app", "Run a whole node here: servers, worker pools, beat, API, Flower."),
    "demo": ("grace_workers.entrypoints.demo", "app", "Start a node and watch it heal real faults of a small service."),
    "node": (f"{_HERE}.node", "app", "Run a node of one role; show this machine's node and the fleet."),
    "migrate": (f"{_HERE}.migrate", "app", "Migrate the database to this release's schema, and exit."),
    "signal": (f"{_HERE}.signal", "app", "Send a signal, as a monitoring system would, or list those received."),
    "follow": (f"{_HERE}.follow", "app", "Follow log files, and send the errors in them as signals."),
    "diagnose": (f"{_HERE}.diagnose", "app", "Read everything that explains the state of a target."),
    "target": (f"{_HERE}.target", "app", "The targets: those of grace.yaml, and the discovered ones."),
    "discovery": (f"{_HERE}.discovery", "app", "Where targets declare themselves: list, or look now."),
    "funnel": (f"{_HERE}.funnel", "app", "How far signals and playbooks came, and why not further."),
    "heal": (f"{_HERE}.heal", "app", "Request the healing of a target, and follow it."),
    "plan": (f"{_HERE}.plan", "app", "Submit a ready plan to governance, and follow it."),
    "incident": (f"{_HERE}.incident", "app", "List, show, watch, answer, retry, resume or close incidents."),
    "approve": (f"{_HERE}.answers", "approve_app", "Approve a plan that waits for a person."),
    "reject": (f"{_HERE}.answers", "reject_app", "Reject a plan that waits for a person."),
    "stand-in": (f"{_HERE}.stand_in", "app", "Who answers in an approver's place: list, name, end."),
    "cause": (f"{_HERE}.cause", "app", "List, show or lint causes: the problems that Grace knows."),
    "playbook": (f"{_HERE}.playbook", "app", "List, lint, explain, dry-run or replay playbooks."),
    "knowledge": (f"{_HERE}.knowledge", "app", "Replay causes on stored signals, beside what was recognised."),
    "case": (f"{_HERE}.case", "app", "Export incidents as cases, and replay them offline."),
    "learn": (f"{_HERE}.learn", "app", "What was learned from outcomes; forget what was wrong."),
    "cycle": (f"{_HERE}.cycle", "app", "The cycles: list, show, run or pause what the fleet does periodically."),
    "goal": (f"{_HERE}.goal", "app", "The goals: what the fleet is to reach, whether it does, and when it will."),
    "improve": (f"{_HERE}.improve", "app", "What the improvement cycle changed of playbooks, and whether it helped."),
    "lever": (f"{_HERE}.lever", "app", "The fleet's levers: list, set, or try another value in an experiment."),
    "fleet": (f"{_HERE}.fleet", "app", "The instances of the fleet: list, quarantine, rejoin, drain, fail over."),
    "kernel": (f"{_HERE}.kernel", "app", "The kernels of the nodes: list, restart, pause, resume."),
    "job": (f"{_HERE}.job", "app", "List, show, cancel or replay jobs."),
    "events": (f"{_HERE}.events", "app", "Watch the events of the fleet as they happen."),
    "code": (f"{_HERE}.code", "app", "Repair or refactor code, offline, as a branch with one commit."),
    "audit": (f"{_HERE}.audit", "app", "The audit log: verify it, prove an entry, export it."),
    "export": (f"{_HERE}.portable", "export_app", "Write the fleet's database to one file, with a manifest of hashes."),
    "import": (f"{_HERE}.portable", "import_app", "Restore such a file into an empty database, or verify it."),
    "safepoint": (f"{_HERE}.safepoint", "app", "Safe points of several targets: create, list, show, restore, drop."),
    "snapshot": (f"{_HERE}.snapshot", "app", "Hourly snapshots of the fleet: list, show, verify, put a part back."),
    "token": (f"{_HERE}.token", "app", "Create, list and revoke bearer tokens."),
    "stop": (f"{_HERE}.switch", "stop_app", "Stop everything now: no further effect, anywhere in the fleet."),
    "switch": (f"{_HERE}.switch", "app", "The global kill switch and the freeze."),
    "autonomy": (f"{_HERE}.autonomy", "app", "How far playbooks may act by themselves, on what evidence."),
    "storm": (f"{_HERE}.storm", "app", "What holds the fleet back in a storm; let it act by itself again."),
    "maintenance": (f"{_HERE}.maintenance", "app", "Maintenance windows: list, preview, add, import or end."),
    "mute": (f"{_HERE}.maintenance", "mute_app", "Let signals open no incident for a while."),
    "freeze": (f"{_HERE}.maintenance", "freeze_app", "Let nothing act for a while; go on recognising and proposing."),
    "doctor": (f"{_HERE}.doctor", "app", "Check this installation, and say how to fix what is wrong."),
    "version": (f"{_HERE}.version", "app", "Print the version."),
}


class Instead(BaseException):
    """Raised by a command whose process must become another program; `run` is that program.

    Not an Exception, so that nothing on the way treats it as a failure.
    """

    def __init__(self, run: Callable[[], None]) -> None:
        super().__init__()
        self.run = run


class Commands(TyperGroup):
    """The commands by name. Listing them imports none of their modules; running one imports its own."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order in which a newcomer meets them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a stand-in that knows only its summary, which is enough for help and completion."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        return TyperCommand(name=cmd_name, help=COMMANDS[cmd_name][2])

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        """Return the real command, with its module imported."""
        name, stand_in, rest = super().resolve_command(ctx, args)
        if stand_in is None or name not in COMMANDS:
            return name, stand_in, rest
        module, attribute, _ = COMMANDS[name]
        app: typer.Typer = getattr(import_module(module), attribute)
        # A group made by `get_command` would offer to install shell completion once more.
        single = len(app.registered_commands) == 1 and app.registered_callback is None
        command = typer.main.get_command(app) if single else typer.main.get_group(app)
        command.name = name
        return name, command, rest


root = typer.Typer(
    cls=Commands,
    name="grace",
    help="Heal software services: diagnose, act under contract, verify, restore, and prove it.",
    epilog="Start with `grace demo`. Every command has --help with examples; most have --json.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        say(f"grace {__version__}")
        raise typer.Exit


@root.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Heal software services: diagnose, act under contract, verify, restore, and prove it."""
    del version


def main() -> None:
    """Run the command line; one of our errors becomes one sentence and an exit code."""
    close_to_others()
    sys.excepthook = _tell_fault
    if (instead := _run()) is not None:
        instead()


def _run() -> Callable[[], None] | None:
    """Run the command, and return what this process must become instead, if anything."""
    try:
        typer.main.get_command(root)(prog_name="grace")
    except Instead as found:
        return found.run
    except GraceError as error:
        leave(error)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader, as in `grace job list | head`, has seen enough.
        sys.stderr.close()
        sys.exit(0)
    return None


def leave(error: GraceError) -> NoReturn:
    """Print the error as one sentence and exit with its code."""
    complain(f"grace: {error}")
    sys.exit(exit_code_of(error))


def _tell_fault(kind: type[BaseException], error: BaseException, trace: "TracebackType | None") -> None:
    """Print the traceback of a foreign error, with what it quotes made safe for a terminal."""
    complain("".join(traceback.format_exception(kind, error, trace)).rstrip())


def exit_code_of(error: GraceError) -> int:
    """Return the exit code of an error."""
    if isinstance(error, TransientError):
        return UNREACHABLE
    if isinstance(error, PermanentError | IntegrityError):
        return FAILED
    return WRONG
