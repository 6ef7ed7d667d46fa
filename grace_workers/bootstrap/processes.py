"""The processes of a node: how each is started, seen to be ready, and stopped."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from secrets import token_hex
from signal import SIGQUIT, SIGTERM

from sqlalchemy import Engine

from grace_workers.adapters.celery import beat_command, queues_of, worker_command
from grace_workers.adapters.celery.commands import LIFE_VARIABLE
from grace_workers.adapters.celery.kernel_facts import BrokerFacts
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.adapters.postgres.fleet.leader import is_held
from grace_workers.adapters.process.bounded import Bounded
from grace_workers.adapters.process.child import Child, StopStep
from grace_workers.adapters.process.probes import answers
from grace_workers.adapters.process.spawn import Command
from grace_workers.bootstrap.addresses import Addresses
from grace_workers.bootstrap.flower import flower_process
from grace_workers.bootstrap.outage import outage_of
from grace_workers.fleet import NodeRole, is_overdue
from grace_workers.foundation.ids import InstanceName
from grace_workers.node.exit_codes import FENCED, NAME_TAKEN
from grace_workers.node.membership.home import home_of
from grace_workers.node.membership.place import is_apart
from grace_workers.orchestration.job import Pool
from grace_workers.settings import BrokerSettings, Settings

_CONTROL_STOP = (StopStep(signal=SIGTERM, seconds=3.0),)
_WORKER_STOP = (StopStep(signal=SIGTERM, seconds=4.0), StopStep(signal=SIGQUIT, seconds=1.0))
_SHORT_STOP = (StopStep(signal=SIGTERM, seconds=2.0),)
_ASKED_WITHIN = timedelta(seconds=5)


def processes_of(settings: Settings) -> Sequence[str]:
    """Return the names of the processes of a node with these settings, in start order."""
    spared = () if settings.flower.enabled or settings.role is NodeRole.FLOWER else ("flower",)
    return [name for name in settings.role.processes if name not in spared]


def endpoints_of(settings: Settings) -> Mapping[str, str]:
    """Return what people open, by process."""
    api, flower = settings.api, settings.flower
    found = {"api": f"http://{api.host}:{api.port}", "flower": f"http://{flower.host}:{flower.port}"}
    return {name: url for name, url in found.items() if name in processes_of(settings)}


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeProcesses:
    """Makes the processes of one node. `slots` returns how many jobs each pool runs at once."""

    settings: Settings
    found: Addresses
    environment: Mapping[str, str]
    engine: Engine
    slots: Mapping[str, int]

    def all(self) -> Sequence[Child]:
        """Return them in start order."""
        makers = {"control": self._control, "beat": self._beat, "api": self._api, "flower": self._flower}
        children = [
            makers[name]() if name in makers else self._worker(Pool(name)) for name in processes_of(self.settings)
        ]
        # Every process of ours has a pulse; while a server is unreachable, none is blamed for a self-test that fails.
        excuse = outage_of(self.found)
        return [replace(child, pulse=True, excuse=excuse) for child in children]

    def _command(
        self, name: str, argv: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> Callable[[], Command]:
        log = self.settings.data_dir / "log" / f"{name}.log"
        return lambda: Command(argv=argv, env=environment or self.environment, log=log)

    def _control(self) -> Child:
        argv = [sys.executable, "-m", "grace_workers.entrypoints.node.control"]
        return Child(
            name="control",
            command=self._command("control", argv),
            ready=self._beats(),
            stop=_CONTROL_STOP,
            fells={FENCED: self.settings.role.pools, NAME_TAKEN: self.settings.role.pools},
        )

    def _worker(self, pool: Pool) -> Child:
        settings = self.settings
        register = PostgresInstances(self.engine)
        mine = InstanceName(settings.instance)
        # A frozen server answers no time-out of the driver, and the thread that asks also ends the worker.
        in_time = Bounded("the database", within=_ASKED_WITHIN).ask
        broker = BrokerFacts(self.found.broker.get_secret_value())
        life = ""

        def command() -> Command:
            nonlocal life
            life = token_hex(8)
            argv = worker_command(
                pool,
                self.slots[pool.value],
                instance=settings.instance,
                express_slots=settings.pools.express,
                queues=queues_of(pool, mine, apart=is_apart(lambda: in_time(lambda: register.find(mine)))),
            )
            return self._command(pool.value, argv, {**self.environment, LIFE_VARIABLE: life})()

        def settle() -> None:
            # The pool's process is gone, though the node lives on, so nobody else would judge its jobs lost.
            in_time(lambda: register.give_back(mine, pool))

        return Child(
            name=pool.value,
            command=command,
            # What an earlier life has said may still stand.
            ready=lambda: broker.worker(pool, mine).life == life,
            stop=_WORKER_STOP,
            settle=settle,
        )

    def _beat(self) -> Child:
        return Child(
            name="beat",
            command=self._command("beat", beat_command()),
            ready=lambda: is_held(self.engine, "beat"),
            stop=_SHORT_STOP,
        )

    def _api(self) -> Child:
        return Child(
            name="api",
            command=self._command("api", [sys.executable, "-m", "grace_workers.entrypoints.api"]),
            ready=answers(f"{endpoints_of(self.settings)['api']}/healthz"),
            stop=_CONTROL_STOP,
        )

    def _flower(self) -> Child:
        broker = BrokerSettings(url=self.found.broker)
        found = flower_process(self.settings.model_copy(update={"broker": broker}), self.environment)
        return Child(
            name="flower",
            command=self._command("flower", found.argv, found.environment),
            ready=answers(f"{endpoints_of(self.settings)['flower']}/healthcheck"),
            stop=_SHORT_STOP,
        )

    def _beats(self) -> Callable[[], bool]:
        """Return whether this node's register entry is alive."""
        register = PostgresInstances(self.engine)
        mine, home = InstanceName(self.settings.instance), home_of(self.settings.data_dir)

        def test() -> bool:
            found = register.find(mine)
            return found is not None and found.home == home and found.in_fleet and not is_overdue(found)

        return test
