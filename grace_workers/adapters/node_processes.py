"""The processes of a node as children: control, API, Flower, beat and the worker pools."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from signal import SIGTERM

from pydantic import SecretStr
from sqlalchemy import Engine

from grace_workers.adapters.celery import DoorbellPublisher
from grace_workers.adapters.celery.children import SHORT_STOP, WorkerChild, beat_child
from grace_workers.adapters.celery.flower import Flower
from grace_workers.adapters.celery.kernel_facts import BrokerFacts
from grace_workers.adapters.postgres.engine import make_engine, ping
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.adapters.postgres.fleet.leader import is_held
from grace_workers.adapters.process.bounded import Bounded
from grace_workers.adapters.process.child import Child, StopStep
from grace_workers.adapters.process.probes import answers
from grace_workers.adapters.process.spawn import Command, module_argv
from grace_workers.foundation.ids import InstanceName
from grace_workers.node.exit_codes import FENCED, NAME_TAKEN
from grace_workers.node.membership.home import home_of
from grace_workers.node.membership.place import beats_here, is_apart
from grace_workers.node.outage import Outage
from grace_workers.orchestration.job import Pool

_STOP = (StopStep(signal=SIGTERM, seconds=3.0),)
_ASKED_WITHIN = timedelta(seconds=5)
_EXCUSED_WITHIN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeProcesses:
    """Makes the processes of one node. `slots` are how many jobs each of its pools runs at once.

    `urls` are those of the API and of Flower. `engine` and `broker` are what their self-tests ask.
    """

    instance: InstanceName
    data_dir: Path
    urls: Mapping[str, str]
    environment: Mapping[str, str]
    engine: Engine
    database: SecretStr
    broker: SecretStr
    slots: Mapping[str, int]
    express_slots: int
    flower: Flower

    def all(self, names: Sequence[str]) -> Sequence[Child]:
        """Return those of these names. Each has a pulse, and is excused while a server is unreachable."""
        made = {"control": self._control, "api": self._api, "flower": self._flower, "beat": self._beat}
        children = [made[name]() if name in made else self._worker(Pool(name)) for name in names]
        excuse = self._outage()
        return [replace(child, pulse=True, excuse=excuse) for child in children]

    def _control(self) -> Child:
        find = partial(PostgresInstances(self.engine).find, self.instance)
        home = home_of(self.data_dir)
        command = self._python("control", "grace_workers.entrypoints.node.control")
        pools = tuple(self.slots)
        return Child(
            name="control",
            command=lambda: command,
            ready=lambda: beats_here(find, home),
            stop=_STOP,
            fells={FENCED: pools, NAME_TAKEN: pools},
        )

    def _worker(self, pool: Pool) -> Child:
        mine, register = self.instance, PostgresInstances(self.engine)
        # A frozen server answers no time-out of the driver, and the thread that asks also ends the worker.
        in_time = Bounded("the database", within=_ASKED_WITHIN).ask
        return WorkerChild(
            pool=pool,
            instance=mine,
            slots=self.slots[pool.value],
            express_slots=self.express_slots,
            environment=self.environment,
            log=self._log(pool.value),
            broker=BrokerFacts(self.broker.get_secret_value()),
            apart=lambda: is_apart(lambda: in_time(lambda: register.find(mine))),
            give_back=lambda: in_time(lambda: register.give_back(mine, pool)),
        ).child()

    def _beat(self) -> Child:
        return beat_child(self.environment, self._log("beat"), ticks=lambda: is_held(self.engine, "beat"))

    def _api(self) -> Child:
        command = self._python("api", "grace_workers.entrypoints.api")
        ready = answers(f"{self.urls['api']}/healthz")
        return Child(name="api", command=lambda: command, ready=ready, stop=_STOP)

    def _flower(self) -> Child:
        found = self.flower.process(self.environment)
        command = Command(argv=found.argv, env=found.environment, log=self._log("flower"))
        ready = answers(f"{self.urls['flower']}/healthcheck")
        return Child(name="flower", command=lambda: command, ready=ready, stop=SHORT_STOP)

    def _python(self, name: str, module: str) -> Command:
        return Command(argv=module_argv(module), env=self.environment, log=self._log(name))

    def _log(self, name: str) -> Path:
        return self.data_dir / "log" / f"{name}.log"

    def _outage(self) -> Outage:
        url = self.database.get_secret_value()
        engine = make_engine(url, application="grace-node", pool_size=1, statement_timeout=_EXCUSED_WITHIN)
        bells = DoorbellPublisher(self.broker.get_secret_value())
        return Outage({"database": partial(ping, engine), "broker": bells.epoch})
