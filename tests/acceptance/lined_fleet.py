"""Several whole nodes on one database and one broker, each behind its own connections that a test can break."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg

from tests.acceptance.counted.house import House, node_settings
from tests.acceptance.counted.scene import Scene
from tests.acceptance.fleet import NodeProcess
from tests.faults import FaultProxy
from tests.waiting import until

BOOTED_WITHIN = 100.0
# A quarantined node restarts its pools, which takes as long as a boot on a busy machine.
AGAIN_WITHIN = BOOTED_WITHIN


class LinedNode(NodeProcess):
    """A node that reaches the servers through proxies, while its test connects directly."""

    def __init__(self, data_dir: Path, servers: tuple[str, str], lines: tuple[str, str], **settings: str) -> None:
        database, broker = lines
        super().__init__(data_dir, GRACE_DATABASE__URL=database, GRACE_BROKER__URL=broker, **settings)
        self._servers = servers

    def use(self, servers: tuple[str, str], lines: tuple[str, str]) -> None:
        """Give it other addresses from its next start on."""
        self.environment |= {"GRACE_DATABASE__URL": lines[0], "GRACE_BROKER__URL": lines[1]}
        self._servers = servers

    @property
    def database_url(self) -> str:
        """The server's own address."""
        return self._servers[0]

    @property
    def broker_url(self) -> str:
        """The server's own address."""
        return self._servers[1]


@dataclass
class Member:
    """One node, its role in the scene, and its two connections."""

    name: str
    house: House
    node: LinedNode
    to_database: FaultProxy
    to_broker: FaultProxy

    def family(self) -> list[psutil.Process]:
        """Every process of the node."""
        return self.node.processes()

    def kill(self) -> None:
        """Kill every process of the node, like a machine that loses power."""
        for process in self.family():
            process.kill()
        assert self.node.process is not None
        self.node.process.wait(10)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop every process of the node for a while, like a suspended machine."""
        family = self.family()
        for process in family:
            process.suspend()
        try:
            yield
        finally:
            for process in family:
                if process.is_running():
                    process.resume()

    def log_of(self, child: str) -> bytes:
        """Return a child's log."""
        return self.house.log(child)


@dataclass
class Fleet:
    """The members, and what the database says about them."""

    folder: Path
    servers: tuple[str, str]
    scene: Scene
    settings: dict[str, str]
    members: dict[str, Member] = field(default_factory=dict)

    def add(self, name: str, **settings: str) -> Member:
        """Start a node on these servers and this scene; the caller waits with `until_ready`."""
        to_database, to_broker = (FaultProxy(address_in(url)) for url in self.servers)
        lines = (through(to_database, self.servers[0]), through(to_broker, self.servers[1]))
        node = LinedNode(
            self.folder / name, self.servers, lines, **{**self.settings, "GRACE_INSTANCE": name, **settings}
        )
        self.members[name] = Member(name, House(node, self.scene), node, to_database, to_broker)
        node.start()
        return self.members[name]

    def remove(self, member: Member) -> None:
        """Stop a node as Ctrl-C does."""
        for line in (member.to_database, member.to_broker):
            line.heal()
        member.node.close()
        for line in (member.to_database, member.to_broker):
            line.close()
        del self.members[member.name]

    def use(self, servers: tuple[str, str]) -> None:
        """Use other passwords for the servers: in the test from now on, in each node from its next start on."""
        self.servers = servers
        for member in self.members.values():
            lines = (through(member.to_database, servers[0]), through(member.to_broker, servers[1]))
            member.node.use(servers, lines)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database itself."""
        with psycopg.connect(self.servers[0]) as session:
            return session.execute(query, values).fetchall()

    def holder(self, lease: str = "leader") -> str | None:
        """Return the member that holds an unexpired lease."""
        query = "SELECT holder FROM leases WHERE name = %s AND expires_at > clock_timestamp()"
        found = self.rows(query, lease)
        return str(found[0][0]).rsplit(":", 1)[0] if found and found[0][0] else None

    def leader(self) -> Member:
        """Return the leader, once there is one."""
        return self.members[until(self.holder, within=10)]

    def others(self, one: Member) -> list[Member]:
        """Return all but that one."""
        return [member for member in self.members.values() if member is not one]

    def epoch(self, member: Member) -> int:
        """How often the member has registered."""
        return int(self.rows("SELECT epoch FROM instances WHERE name = %s", member.name)[0][0])

    def is_dead(self, member: Member) -> bool:
        """Return whether the fleet has declared it dead."""
        return self.rows("SELECT died_at IS NOT NULL FROM instances WHERE name = %s", member.name) == [(True,)]

    def is_alive(self, member: Member) -> bool:
        """Return whether it beats and all its processes are ready, or paused because the machine is too busy."""
        query = (
            "SELECT died_at IS NULL AND left_at IS NULL AND heartbeat_at > clock_timestamp() - interval '1.5 s'"
            " FROM instances WHERE name = %s"
        )
        states = {one["state"] for one in member.node.children().values()}
        return self.rows(query, member.name) == [(True,)] and states <= {"ready", "paused"}

    def until_alive(self, member: Member) -> None:
        """Wait until it is a full member again."""
        try:
            until(lambda: self.is_alive(member), within=AGAIN_WITHIN, every=0.1)
        except AssertionError as error:
            raise AssertionError(f"{member.name} is not back: {member.node.children()}") from error

    def slots(self, entry: str, since: datetime) -> list[datetime]:
        """Return the fired slots of a schedule entry, in order."""
        query = "SELECT slot_at FROM schedule_slots WHERE entry = %s AND slot_at >= %s ORDER BY slot_at"
        return [row[0] for row in self.rows(query, entry, since)]

    def longest_pause(self, entry: str, since: datetime) -> timedelta:
        """The longest time between two slots of an entry."""
        slots = self.slots(entry, since)
        return max(after - before for before, after in pairwise(slots))

    def now(self) -> datetime:
        """The database's time."""
        moment: datetime = self.rows("SELECT clock_timestamp()")[0][0]
        return moment


@contextmanager
def open_fleet(folder: Path, servers: tuple[str, str], names: Sequence[str], **settings: str) -> Iterator[Fleet]:
    """Start that many whole nodes at once on the same servers and the same scene."""
    scene = Scene(folder / "scene")
    scene.build()
    shared = {
        **node_settings(scene),
        "GRACE_AUDIT__KEYS_DIR": str(folder / "audit-keys"),
        "GRACE_AUDIT__ANCHOR_FILE": str(folder / "audit-anchor"),
        **settings,
    }
    fleet = Fleet(folder, servers, scene, shared)
    try:
        for name in names:
            fleet.add(name)
        for member in fleet.members.values():
            member.node.until_ready(within=BOOTED_WITHIN)
        yield fleet
    finally:
        for member in list(fleet.members.values()):
            fleet.remove(member)
        scene.stop()


def address_in(url: str) -> tuple[str, int]:
    """Return the host and port of a server's URL."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def through(proxy: FaultProxy, url: str) -> str:
    """Return the same URL through a proxy."""
    parts = urlsplit(url)
    secret, _, _ = parts.netloc.rpartition("@")
    place = f"{proxy.address[0]}:{proxy.address[1]}"
    return parts._replace(netloc=f"{secret}@{place}" if secret else place).geturl()
