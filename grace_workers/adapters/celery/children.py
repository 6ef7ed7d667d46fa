"""The Celery processes of a node as children: how each is started, found to be ready, and stopped."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from signal import SIGQUIT, SIGTERM

from grace_workers.adapters.celery.commands import LIFE_VARIABLE, beat_command, queues_of, worker_command
from grace_workers.adapters.celery.kernel_facts import BrokerFacts
from grace_workers.adapters.process.child import Child, StopStep
from grace_workers.adapters.process.spawn import Command
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.job import Pool

_WORKER_STOP = (StopStep(signal=SIGTERM, seconds=4.0), StopStep(signal=SIGQUIT, seconds=1.0))
SHORT_STOP = (StopStep(signal=SIGTERM, seconds=2.0),)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerChild:
    """Makes the worker of one pool a child. It runs `slots` jobs at once, besides the `express_slots`.

    `apart` is asked before each start whether the node is quarantined. `give_back` is called after each end: the
    pool's process has ended but the node is alive, so no one else would treat its jobs as lost. It may raise
    TransientError.
    """

    pool: Pool
    instance: InstanceName
    slots: int
    express_slots: int
    environment: Mapping[str, str]
    log: Path
    broker: BrokerFacts
    apart: Callable[[], bool]
    give_back: Callable[[], object]

    def child(self) -> Child:
        """Return the child. Each life has a name, which the worker reports once it is at work."""
        life = ""

        def command() -> Command:
            nonlocal life
            life = token_hex(8)
            return Command(argv=self._argv(), env={**self.environment, LIFE_VARIABLE: life}, log=self.log)

        def settle() -> None:
            self.give_back()

        return Child(
            name=self.pool.value,
            command=command,
            # The report of an earlier life may still be valid.
            ready=lambda: self.broker.worker(self.pool, self.instance).life == life,
            stop=_WORKER_STOP,
            settle=settle,
        )

    def _argv(self) -> Sequence[str]:
        return worker_command(
            self.pool,
            self.slots,
            instance=self.instance,
            express_slots=self.express_slots,
            queues=queues_of(self.pool, self.instance, apart=self.apart()),
        )


def beat_child(environment: Mapping[str, str], log: Path, *, ticks: Callable[[], bool]) -> Child:
    """Return beat as a child. `ticks` tells whether some beat of the fleet runs."""
    command = Command(argv=beat_command(), env=environment, log=log)
    return Child(name="beat", command=lambda: command, ready=ticks, stop=SHORT_STOP)
