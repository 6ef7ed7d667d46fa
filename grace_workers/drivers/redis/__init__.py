"""Redis and Valkey servers: brokers of work, caches, and what the server reports about itself."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from grace_workers.actions import (
    CacheKeys,
    CacheServer,
    ClientSessions,
    CopyPlace,
    DataSnapshots,
    Driver,
    DriverContext,
    Name,
    ParkedMessages,
    Roles,
    SafePoints,
    WorkQueue,
)
from grace_workers.drivers._shared.safe_point import SafePoint
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import Timeout
from grace_workers.foundation.ids import TargetKind
from grace_workers.foundation.secret import SecretText, reveal

if TYPE_CHECKING:
    from grace_workers.drivers.redis.server import RedisServer

Prefix = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Parking(Document):
    """Which messages of the queues are poison."""

    tasks: Annotated[tuple[Name, ...], Field(max_length=2000)] = Field(
        default=(), description="The tasks that workers know; a message of another is `unknown_task`. Default: any."
    )


class SafeKeys(SafePoint):
    """Which keys belong to safe points. It needs Redis 7 or newer, or Valkey."""

    prefixes: Annotated[tuple[Prefix, ...], Field(min_length=1, max_length=50)] = Field(
        description="The prefixes of the keys. A restore removes keys with such a prefix that are new since."
    )


class RedisConnection(Document):
    """A Redis or Valkey server: a broker for Celery or any other queues that are lists, or a cache.

    Its user needs `LLEN` on the queues, `INFO` for the figures, `CLIENT LIST`, `CLIENT ID`, `CLIENT KILL` to end
    idle connections (Redis 6.2 or newer), `BGSAVE` to save its data, `LRANGE`, `LREM`, `LPUSH` and `EVAL` to park
    messages, and for keys of a cache `SCAN`, `DBSIZE`, `TIME`, `DUMP`, `PTTL`, `EXISTS`, `RESTORE`, `UNLINK` and
    `EVAL`; for safe points `PEXPIRETIME`, `TYPE`, `WATCH` and the reads of each type as well. The label `queues` of
    the target names the queues, separated by commas; the label `replicas` says how many replicas it should have. A
    Redis Cluster is not supported.
    """

    url: SecretText = Field(description="The address: `redis://user:password@host:6379/0`, or `rediss://` for TLS.")
    patience: Timeout = Field(default=timedelta(seconds=2), description="How long an answer may take.")
    cache_prefixes: Annotated[tuple[Prefix, ...], Field(min_length=1, max_length=50)] | None = Field(
        default=None,
        description="The prefixes of the cache's keys. Grace neither sees nor removes a key without such a prefix.",
    )
    parking: Parking | None = Field(
        default=None,
        description="Lets messages of Celery be parked in lists `grace.parked.<queue>`, which no worker reads.",
    )
    safe_point: SafeKeys | None = Field(default=None, description="Which keys belong to safe points.")
    save: Timeout = Field(default=timedelta(minutes=10), description="How long saving its data to disk may take.")
    search: Timeout = Field(default=timedelta(seconds=30), description="How long a search for keys may take.")
    keep_stashes: Annotated[timedelta, Field(ge=timedelta(hours=1))] = Field(
        default=timedelta(days=7), description="How long copies of removed keys are kept."
    )


def open_redis(said: RedisConnection, context: DriverContext) -> Roles:
    """Return the queues and figures of the server, and its cache if prefixes declare one.

    Raises InputError for a URL of another protocol.
    """
    from grace_workers.drivers.redis.cache import RedisCache
    from grace_workers.drivers.redis.parking import RedisParking
    from grace_workers.drivers.redis.server import RedisServer
    from grace_workers.drivers.redis.stash import KeyStashes

    server = RedisServer(reveal(said.url, "url"), said.patience)
    roles = _always(server, said)
    if said.parking is not None:
        parking: ParkedMessages = RedisParking(server, said.parking.tasks)
        roles[ParkedMessages] = parking
    if said.cache_prefixes is not None:
        folder = CopyPlace.KEYS.of(context.target.name, context.data_dir)
        stashes = KeyStashes(folder, keep=said.keep_stashes)
        cache: CacheKeys = RedisCache(server, said.cache_prefixes, stashes, said.search)
        roles[CacheKeys] = cache
    if said.safe_point is not None:
        from grace_workers.drivers._shared.kept_parts import part_room
        from grace_workers.drivers.redis.safe_points import KeyParts

        kept = said.safe_point
        room = part_room(context, kept, scope=kept.prefixes, unit="key", of=server.place)
        parts: SafePoints = KeyParts(server, kept.prefixes, room, said.search)
        roles[SafePoints] = parts
    return roles


def _always(server: "RedisServer", said: RedisConnection) -> dict[type, object]:
    from grace_workers.drivers.redis.figures import RedisFigures
    from grace_workers.drivers.redis.queues import RedisQueues
    from grace_workers.drivers.redis.sessions import RedisSessions
    from grace_workers.drivers.redis.snapshots import RedisSnapshots

    queues: WorkQueue = RedisQueues(server)
    figures: CacheServer = RedisFigures(server)
    sessions: ClientSessions = RedisSessions(server)
    snapshots: DataSnapshots = RedisSnapshots(server, said.save)
    return {WorkQueue: queues, CacheServer: figures, ClientSessions: sessions, DataSnapshots: snapshots}


EXAMPLE = """\
targets:
  - name: shop-broker
    kind: redis
    owner: internal
    connection:
      url: redis://127.0.0.1:6379/0
      cache_prefixes: ["cache:", "page:"]
      parking:
        tasks: [shop.tasks.charge, shop.tasks.mail]
      safe_point:
        prefixes: ["cart:"]
    labels: {queues: "celery, mail", replicas: "1"}
"""

DEFINITION = Driver(
    kind=TargetKind("redis"),
    connection=RedisConnection,
    roles=(WorkQueue, CacheServer, ClientSessions, DataSnapshots),
    optional={CacheKeys: "cache_prefixes", ParkedMessages: "parking", SafePoints: "safe_point"},
    open=open_redis,
    example=EXAMPLE,
)
