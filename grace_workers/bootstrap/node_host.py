"""The machine's side of a node: its data directory, its embedded servers where none are given, and its processes."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from pydantic import SecretStr
from sqlalchemy import Engine

from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from grace_workers.adapters.embedded.place import ServerFolder
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.adapters.process.child import Child
from grace_workers.adapters.process.forking import Forking
from grace_workers.adapters.process.supervisor import Supervisor
from grace_workers.bootstrap.access import admit_given, ensure_cli_token
from grace_workers.bootstrap.addresses import Addresses, remember
from grace_workers.bootstrap.boot import BootConnections
from grace_workers.bootstrap.processes import NodeProcesses, endpoints_of, processes_of
from grace_workers.bootstrap.schema import await_schema, bring_up
from grace_workers.fleet import NodeRole, RestartPolicy
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import InstanceName
from grace_workers.foundation.own_file import PRIVATE_FOLDER, write_own
from grace_workers.node.membership.home import home_of, membership_of
from grace_workers.node.membership.place import take_name
from grace_workers.node.ports import Report
from grace_workers.settings import Settings

_LOADED_WITHIN = 30.0
# Whole addresses take their place in a child's environment.
_SETTLED = frozenset({"GRACE_DATABASE__URL_FILE", "GRACE_BROKER__URL_FILE"})


@dataclass(slots=True, kw_only=True)
class NodeHost:
    """One node on this machine. `policies` are how its processes are restarted, `slots` what each pool runs at once.

    `prepare` is called with the database's URL once it is migrated, before any process of the node starts.
    """

    settings: Settings
    place: ServerFolder
    postgres: EmbeddedPostgres | None
    valkey: EmbeddedValkey | None
    connections: BootConnections
    forking: Forking
    policies: Mapping[str | None, RestartPolicy]
    slots: Callable[[], Mapping[str, int]]
    prepare: Callable[[str], None] | None = None
    _engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """The connections that the node's own process shares for what it asks about its processes."""
        if self._engine is None:
            self._engine = make_engine(
                self.addresses().database.get_secret_value(), application="grace-node", pool_size=4
            )
        return self._engine

    def hold(self) -> None:
        """Take the data directory and close it; root's is passable, because its servers run as other users."""
        self.place.hold()
        folder = self.settings.data_dir
        with self._writing():
            if folder.stat().st_uid == os.geteuid():
                folder.chmod(0o711 if os.geteuid() == 0 else PRIVATE_FOLDER)
            for private in ("flower", "log"):
                (folder / private).mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        self.forking.begin()

    def release(self) -> None:
        """Give the data directory and all connections back."""
        self.connections.close()
        if self._engine is not None:
            self._engine.dispose()
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
            raise AssertionError("no server is configured or embedded")
        return Addresses(database=database, broker=broker)

    def reserve(self) -> Mapping[str, str]:
        """Settle addresses and passwords, keep them, and return the environment that shows a child all of it."""
        settings = self.settings
        with self._writing():
            for server in (self.postgres, self.valkey):
                if server is not None:
                    server.reserve()
            found = self.addresses()
            remember(settings.data_dir, found)
            if (api := endpoints_of(settings).get("api")) is not None:
                write_own(settings.data_dir / "api.json", json.dumps({"url": api}))
        return {
            **{name: value for name, value in os.environ.items() if name.upper() not in _SETTLED},
            "GRACE_DATABASE__URL": found.database.get_secret_value(),
            "GRACE_BROKER__URL": found.broker.get_secret_value(),
            "GRACE_DATA_DIR": str(settings.data_dir),
            "GRACE_INSTANCE": settings.instance,
            "GRACE_ROLE": settings.role.value,
            "PYTHONUNBUFFERED": "1",
            **({"GRACE_CONFIG": str(settings.config_file)} if settings.config_file else {}),
        }

    def servers(self, report: Report) -> Supervisor | None:
        """Return the embedded servers, not yet started; None when others are given by URL."""
        children = self.server_children()
        return Supervisor(children, report=report, start=self.forking.start) if children else None

    def server_children(self) -> Sequence[Child]:
        """Return the embedded servers as processes."""
        found = []
        if self.postgres is not None:
            found.append(self.postgres.child("postgres"))
        if self.valkey is not None:
            found.append(self.valkey.child("valkey"))
        return [self._by_policy(child) for child in found]

    def migrate(self) -> None:
        """Bring the database to the newest migration, or wait until it is, and put the first tokens in force."""
        settings = self.settings
        url = self.addresses().database.get_secret_value()
        whole = settings.role is NodeRole.WHOLE
        processes = processes_of(settings)
        if settings.database.migrate if settings.database.migrate is not None else whole:
            bring_up(*self._owned(url))
        else:
            await_schema(url)
        if "api" in processes:
            admit_given(settings, url)
        if whole:
            ensure_cli_token(settings, url)
        if "control" in processes:
            register, folder = PostgresInstances(self.engine), settings.data_dir
            take_name(register, InstanceName(settings.instance), home_of(folder), membership_of(folder))
        if self.prepare is not None:
            self.prepare(self._owned(url)[0])

    def processes(self, environment: Mapping[str, str], report: Report) -> Supervisor:
        """Return the processes of this node, not yet started."""
        return Supervisor(self.children(environment), report=report, start=self.forking.start)

    def children(self, environment: Mapping[str, str]) -> Sequence[Child]:
        """Return the processes of this node, once the fork server has loaded what they share."""
        self.forking.wait_loaded(within=_LOADED_WITHIN)
        made = NodeProcesses(
            settings=self.settings,
            found=self.addresses(),
            environment=environment,
            engine=self.engine,
            slots=self.slots(),
        )
        return [self._by_policy(child) for child in made.all()]

    def _by_policy(self, child: Child) -> Child:
        """Return the child with the restart policy of the kernel whose process it is; Flower is no kernel's."""
        return replace(child, restart=self.policies.get(child.name, child.restart))

    def _owned(self, url: str) -> tuple[str, Mapping[str, str]]:
        """Return the owner's address, and the logins that it makes; of a server that is given both are its user's."""
        return (url, {}) if self.postgres is None else (self.postgres.url, self.postgres.logins)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Turn a refusal of the data directory's file system into InputError."""
        try:
            yield
        except OSError as error:
            raise InputError(
                f"{self.settings.data_dir} is not writable: {error.strerror}; correct that, or choose another "
                f"data directory"
            ) from error
