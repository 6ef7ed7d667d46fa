"""What a whole node is made of: embedded servers where none are given, and its processes."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from signal import SIGQUIT, SIGTERM
from uuid import UUID

from pydantic import SecretStr

from grace_workers.adapters.celery import beat_command, queues_of, worker_command
from grace_workers.adapters.celery.commands import LIFE_VARIABLE
from grace_workers.adapters.celery.kernel_facts import BrokerFacts
from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from grace_workers.adapters.embedded.place import Place
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.adapters.postgres.fleet.leader import is_held
from grace_workers.adapters.postgres.transaction import PostgresLedger
from grace_workers.adapters.process.bounded import Bounded
from grace_workers.adapters.process.child import Child, ChildStatus, StopStep
from grace_workers.adapters.process.forking import Forking
from grace_workers.adapters.process.probes import answers
from grace_workers.adapters.process.spawn import Command
from grace_workers.adapters.process.supervisor import Supervisor
from grace_workers.bootstrap.access import admit_given, ensure_cli_token
from grace_workers.bootstrap.addresses import Addresses, remember
from grace_workers.bootstrap.boot import BootParts
from grace_workers.bootstrap.boot_memory import BootMemory
from grace_workers.bootstrap.flower import flower_process
from grace_workers.bootstrap.home import home_of
from grace_workers.bootstrap.kernel_probe import KernelProbe
from grace_workers.bootstrap.outage import outage_of
from grace_workers.bootstrap.place_in_fleet import PlaceInFleet, is_apart, place_of, take_name
from grace_workers.bootstrap.preflight import BootStep, Preflight
from grace_workers.bootstrap.preloaded import preloaded
from grace_workers.bootstrap.schema import await_schema, bring_up
from grace_workers.bootstrap.steward import StewardParts, steward_parts
from grace_workers.fleet import Kernel, NodeRole, is_overdue
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import InstanceName
from grace_workers.foundation.own_file import PRIVATE_FOLDER, write_own
from grace_workers.orchestration.events.topics.node_boot import NodeBoot
from grace_workers.orchestration.job import Pool
from grace_workers.settings import BrokerSettings, Settings

_CONTROL_STOP = (StopStep(signal=SIGTERM, seconds=3.0),)
_WORKER_STOP = (StopStep(signal=SIGTERM, seconds=4.0), StopStep(signal=SIGQUIT, seconds=1.0))
_SHORT_STOP = (StopStep(signal=SIGTERM, seconds=2.0),)
_ASKED_WITHIN = timedelta(seconds=5)
_LOADED_WITHIN = 30.0
FENCED, NAME_TAKEN = 77, 78
# Whole addresses take their place in a child's environment.
_SETTLED = frozenset({"GRACE_DATABASE__URL_FILE", "GRACE_BROKER__URL_FILE"})


@dataclass(frozen=True, slots=True)
class NodeParts:
    """Implements `entrypoints.node.ports.NodeParts`."""

    settings: Settings
    place: Place
    postgres: EmbeddedPostgres | None
    valkey: EmbeddedValkey | None
    boot: BootParts
    forking: Forking
    prepare: Callable[[str], None] | None = None

    @property
    def kernels(self) -> Mapping[str, Kernel]:
        """The kernels of the fleet, by name."""
        return self.boot.kernels

    @property
    def boots(self) -> BootMemory:
        """What this node remembers of its boots."""
        return self.boot.memory

    @property
    def instance(self) -> InstanceName:
        """The name of this node in the fleet."""
        return InstanceName(self.settings.instance)

    @property
    def data_dir(self) -> Path:
        """Where the node keeps its things."""
        return self.settings.data_dir

    @property
    def endpoints(self) -> Mapping[str, str]:
        """What people open."""
        api, flower = self.settings.api, self.settings.flower
        found = {"api": f"http://{api.host}:{api.port}", "flower": f"http://{flower.host}:{flower.port}"}
        return {name: url for name, url in found.items() if name in self._processes}

    @property
    def _processes(self) -> Sequence[str]:
        return _processes_of(self.settings)

    @property
    def servers(self) -> Sequence[Child]:
        """The embedded servers, or none when others are given by URL."""
        found = []
        if self.postgres is not None:
            found.append(self.postgres.child("postgres"))
        if self.valkey is not None:
            found.append(self.valkey.child("valkey"))
        return [self._by_policy(child) for child in found]

    def hold(self) -> None:
        """Take the data directory and close it; root's is passable, because its servers run as other users."""
        self.place.hold()
        with self._writing():
            if self.data_dir.stat().st_uid == os.geteuid():
                self.data_dir.chmod(0o711 if os.geteuid() == 0 else PRIVATE_FOLDER)
            for private in ("flower", "log"):
                (self.data_dir / private).mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        self.forking.begin()

    def release(self) -> None:
        """Give the data directory back."""
        self.boot.close()
        self.forking.close()
        for server in (self.postgres, self.valkey):
            if server is not None:
                server.release()
        self.place.release()

    def addresses(self) -> Addresses:
        """Return where the servers are; embedded ones must have been reserved."""
        given = self.settings
        database = given.database.url if self.postgres is None else SecretStr(self.postgres.node_url)
        broker = given.broker.url if self.valkey is None else SecretStr(self.valkey.url)
        if database is None or broker is None:
            raise AssertionError("a server is neither given nor embedded")
        return Addresses(database=database, broker=broker)

    def reserve(self) -> Mapping[str, str]:
        """Settle addresses and passwords, keep them, and return the environment that shows a child all of it."""
        with self._writing():
            for server in (self.postgres, self.valkey):
                if server is not None:
                    server.reserve()
            found = self.addresses()
            remember(self.data_dir, found)
            if "api" in self.endpoints:
                write_own(self.data_dir / "api.json", json.dumps({"url": self.endpoints["api"]}))
        return {
            **{name: value for name, value in os.environ.items() if name.upper() not in _SETTLED},
            "GRACE_DATABASE__URL": found.database.get_secret_value(),
            "GRACE_BROKER__URL": found.broker.get_secret_value(),
            "GRACE_DATA_DIR": str(self.data_dir),
            "GRACE_INSTANCE": self.settings.instance,
            "GRACE_ROLE": self.settings.role.value,
            "PYTHONUNBUFFERED": "1",
            **({"GRACE_CONFIG": str(self.settings.config_file)} if self.settings.config_file else {}),
        }

    def preflight(self) -> Sequence[BootStep]:
        """Return the seven checks of the gate."""
        return self.boot.preflight()

    def warm_up(self) -> Sequence[BootStep]:
        """Return what makes the start of the processes faster."""
        return self.boot.warm_up()

    def usual(self) -> Mapping[str, float]:
        """Return how many seconds each kernel took to come up at the last boot."""
        return self.boot.usual()

    def keep_warm(self, took: Mapping[str, float]) -> None:
        """Keep for the next boot what is warm now."""
        self.boot.keep_warm(took)

    def probe(self, *, thorough: bool) -> KernelProbe:
        """Return what self-tests ask; with `thorough` for their full contract."""
        return self.boot.probe(thorough=thorough)

    def publish(self, steps: Sequence[tuple[UUID, NodeBoot]]) -> None:
        """Publish steps of the boot as events with these ids."""
        self.boot.publish(steps)

    def steward(self) -> StewardParts:
        """Return what the node's steward works with."""
        return steward_parts(self.settings, self.addresses(), self.probe(thorough=False))

    def migrate(self) -> None:
        """Bring the database to the newest migration, or wait until it is, and put the first tokens in force."""
        url = self.addresses().database.get_secret_value()
        whole = self.settings.role is NodeRole.WHOLE
        if self.settings.database.migrate if self.settings.database.migrate is not None else whole:
            bring_up(*self._owned(url))
        else:
            await_schema(url)
        if "api" in self._processes:
            admit_given(self.settings, url)
        if whole:
            ensure_cli_token(self.settings, url)
        if "control" in self._processes:
            take_name(url, InstanceName(self.settings.instance), self.data_dir)
        if self.prepare is not None:
            self.prepare(self._owned(url)[0])

    def _owned(self, url: str) -> tuple[str, Mapping[str, str]]:
        """Return the owner's address, and the logins that it makes; of a server that is given both are its user's."""
        return (url, {}) if self.postgres is None else (self.postgres.url, self.postgres.logins)

    @property
    def stop_grace(self) -> timedelta:
        """How long a node that is asked to stop lets its jobs run on."""
        return self.settings.fleet.stop_grace

    @property
    def pools(self) -> Sequence[str]:
        """The worker pools among its processes."""
        return self.settings.role.pools

    def place_in_fleet(self) -> PlaceInFleet | None:
        """Return this node's place in the fleet; None when it is no member of it."""
        if "control" not in self._processes:
            return None
        found = self.addresses()
        engine = make_engine(found.database.get_secret_value(), application="grace-node", pool_size=2)
        return place_of(self.settings, found, PostgresInstances(engine), PostgresLedger(engine))

    def children(self, environment: Mapping[str, str]) -> Sequence[Child]:
        """Return the processes of this node."""
        self.forking.wait_loaded(within=_LOADED_WITHIN)
        makers = {"control": self._control, "beat": self._beat, "api": self._api, "flower": self._flower}
        found = [
            makers[name](environment) if name in makers else self._worker(Pool(name), environment)
            for name in self._processes
        ]
        # Every process of ours breathes; while a server is away, none is to blame for a self-test that fails.
        excuse = outage_of(self.addresses())
        return [replace(self._by_policy(child), pulse=True, excuse=excuse) for child in found]

    def supervise(self, children: Sequence[Child], report: Callable[[ChildStatus], None]) -> Supervisor:
        """Return a supervisor for them."""
        return Supervisor(children, report=report, start=self.forking.start)

    def _by_policy(self, child: Child) -> Child:
        """Return the child with the restart policy of the kernel whose process it is; Flower is none's."""
        policies = {one.process: one.restart for one in self.kernels.values()}
        return replace(child, restart=policies.get(child.name, child.restart))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Turn a refusal of the data directory's file system into InputError."""
        try:
            yield
        except OSError as error:
            raise InputError(
                f"{self.data_dir} cannot be written: {error.strerror}; mend that, or choose another data directory"
            ) from error

    def _command(self, name: str, argv: Sequence[str], environment: Mapping[str, str]) -> Callable[[], Command]:
        log = self.data_dir / "log" / f"{name}.log"
        return lambda: Command(argv=argv, env=environment, log=log)

    def _control(self, environment: Mapping[str, str]) -> Child:
        argv = [sys.executable, "-m", "grace_workers.entrypoints.node.control"]
        return Child(
            name="control",
            command=self._command("control", argv, environment),
            ready=self._beats(environment),
            stop=_CONTROL_STOP,
            fells={FENCED: self.settings.role.pools, NAME_TAKEN: self.settings.role.pools},
        )

    def _worker(self, pool: Pool, environment: Mapping[str, str]) -> Child:
        settings = self.settings
        register = self._register(environment)
        mine = InstanceName(settings.instance)
        # A frozen server answers no time-out of the driver, and the thread that asks also ends the worker.
        in_time = Bounded("the database", within=_ASKED_WITHIN).ask
        broker = BrokerFacts(self.addresses().broker.get_secret_value())
        life = ""

        def command() -> Command:
            nonlocal life
            life = token_hex(8)
            argv = worker_command(
                pool,
                self.boot.slots[pool.value],
                instance=settings.instance,
                express_slots=settings.pools.express,
                queues=queues_of(pool, mine, apart=is_apart(lambda: in_time(lambda: register.find(mine)))),
            )
            return self._command(pool.value, argv, {**environment, LIFE_VARIABLE: life})()

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

    def _beat(self, environment: Mapping[str, str]) -> Child:
        engine = make_engine(environment["GRACE_DATABASE__URL"], application="grace-node", pool_size=2)
        return Child(
            name="beat",
            command=self._command("beat", beat_command(), environment),
            ready=lambda: is_held(engine, "beat"),
            stop=_SHORT_STOP,
        )

    def _api(self, environment: Mapping[str, str]) -> Child:
        return Child(
            name="api",
            command=self._command("api", [sys.executable, "-m", "grace_workers.entrypoints.api"], environment),
            ready=answers(f"{self.endpoints['api']}/healthz"),
            stop=_CONTROL_STOP,
        )

    def _flower(self, environment: Mapping[str, str]) -> Child:
        broker = BrokerSettings(url=self.addresses().broker)
        found = flower_process(self.settings.model_copy(update={"broker": broker}), environment)
        return Child(
            name="flower",
            command=self._command("flower", found.argv, found.environment),
            ready=answers(f"{self.endpoints['flower']}/healthcheck"),
            stop=_SHORT_STOP,
        )

    def _beats(self, environment: Mapping[str, str]) -> Callable[[], bool]:
        """Return whether this node's register entry is alive."""
        register = self._register(environment)
        mine, home = InstanceName(self.settings.instance), home_of(self.data_dir)

        def test() -> bool:
            found = register.find(mine)
            return found is not None and found.home == home and found.in_fleet and not is_overdue(found)

        return test

    def _register(self, environment: Mapping[str, str]) -> PostgresInstances:
        return PostgresInstances(make_engine(environment["GRACE_DATABASE__URL"], application="grace-node", pool_size=2))


def node_parts(settings: Settings, *, prepare: Callable[[str], None] | None = None) -> NodeParts:
    """Return the parts of a node with these settings.

    `prepare` is called with the database's URL once it is migrated, before any process of the node starts.

    Raises:
        InputError: a node of one role is to be made without the fleet's servers.
    """
    role = settings.role
    if role is not NodeRole.WHOLE and (settings.database.url is None or settings.broker.url is None):
        raise InputError(
            f"`grace node {role}` joins a fleet, whose servers it must be told: set GRACE_DATABASE__URL and "
            "GRACE_BROKER__URL; a node with servers of its own is `grace up`"
        )
    data = settings.data_dir
    postgres = None if settings.database.url is not None else EmbeddedPostgres(data / "postgres")
    valkey = None if settings.broker.url is not None else EmbeddedValkey(data / "valkey")
    gate = Preflight(
        settings=settings, ports=_ports_of(settings), postgres=postgres, broker_embedded=valkey is not None
    )
    return NodeParts(
        settings=settings,
        place=Place(data, "this node"),
        postgres=postgres,
        valkey=valkey,
        boot=BootParts(settings, gate),
        forking=Forking(preloaded(_processes_of(settings)), data / "log" / "fork-server.log"),
        prepare=prepare,
    )


def _processes_of(settings: Settings) -> Sequence[str]:
    spared = () if settings.flower.enabled or settings.role is NodeRole.FLOWER else ("flower",)
    return [name for name in settings.role.processes if name not in spared]


def _ports_of(settings: Settings) -> Sequence[tuple[str, int, str]]:
    """Return host, port and the setting that changes it, for each port the node will listen on."""
    api, flower = settings.api, settings.flower
    found = {
        "api": (api.host, api.port, "GRACE_API__PORT"),
        "flower": (flower.host, flower.port, "GRACE_FLOWER__PORT"),
    }
    processes = _processes_of(settings)
    return [place for name, place in found.items() if name in processes]
