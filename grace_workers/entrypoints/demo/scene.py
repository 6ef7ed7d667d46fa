"""The demo's scene: its folder, its settings file, its database, its two services."""

import json
import secrets
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

import psycopg
import yaml
from psycopg import sql

from grace_workers.entrypoints.demo import code, repeats
from grace_workers.entrypoints.demo.shop import FLAG
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.own_file import PRIVATE_FOLDER, write_own

QUOTA = 4_000_000
DATABASE = "shop"
_FLAGS = {
    "$schema": "https://flagd.dev/schema/v0/flags.json",
    "flags": {FLAG: {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}},
}


@dataclass(frozen=True, slots=True)
class Scene:
    """The places of all the demo's files."""

    data_dir: Path

    @property
    def folder(self) -> Path:
        """The shop's own folder."""
        return self.data_dir / "demo"

    @property
    def config(self) -> Path:
        """The settings file that declares the targets."""
        return self.folder / "grace.yaml"

    @property
    def policy(self) -> Path:
        """The policy of the demo's node."""
        return self.folder / "policy.yaml"

    @property
    def playbooks(self) -> Path:
        """The folder of the remedies that replace the shipped ones."""
        return self.folder / "playbooks"

    @property
    def flags(self) -> Path:
        """The flag file."""
        return self.folder / "flags.json"

    @property
    def logs(self) -> Path:
        """The log directory."""
        return self.folder / "logs"

    @property
    def cache(self) -> Path:
        """The cache directory."""
        return self.folder / "cache"

    @property
    def code(self) -> Path:
        """The repository of the shop's own code."""
        return self.folder / "code"

    @property
    def throttle(self) -> Path:
        """The file that makes the shop slow."""
        return self.folder / "throttle"

    @property
    def database_file(self) -> Path:
        """The file that holds the shop's database URL."""
        return self.folder / "database-url"

    def pid_file(self, service: str) -> Path:
        """Return the path of a service's pid file."""
        return self.folder / f"{service}.pid"

    @property
    def ports(self) -> Mapping[str, int]:
        """The services' ports, chosen once."""
        known: dict[str, int] = json.loads((self.folder / "ports.json").read_text(encoding="utf-8"))
        return known

    @property
    def database_url(self) -> str:
        """The shop's database."""
        return self.database_file.read_text(encoding="utf-8").strip()

    def build(self) -> None:
        """Make the folder and everything missing in it; repair what an earlier demo left broken."""
        for folder in (self.folder, self.logs, self.cache, self.playbooks):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(PRIVATE_FOLDER)
        ports = self.folder / "ports.json"
        if not ports.exists():
            write_own(ports, json.dumps({"shop": free_port(), "gateway": free_port()}))
        write_own(self.flags, json.dumps(_FLAGS, indent=2))
        self.throttle.unlink(missing_ok=True)
        code.write_code(self.code)
        repeats.write_policy(self.policy)
        repeats.write_playbooks(self.playbooks)
        write_own(self.config, yaml.safe_dump(self._settings(), sort_keys=False))
        if not self.database_file.exists():
            # The boot's gate reads every secret, but the server has no address yet; nothing listens at this one.
            self._keep_url(urlsplit("postgresql://127.0.0.1:1"), secrets.token_urlsafe(18))

    def prepare_database(self, server_url: str) -> None:
        """Make the shop's database on the fleet's server, and store its URL where the services read it.

        Raises:
            TransientError: the server does not answer or rejects the login.
        """
        password = secrets.token_urlsafe(18)
        try:
            with psycopg.connect(server_url, autocommit=True) as connection:
                self._make_role(connection, password)
                known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
                if known is None:
                    connection.execute(f"CREATE DATABASE {DATABASE} OWNER {DATABASE}")
        except psycopg.Error as error:
            raise TransientError(f"the demo's database cannot be created: {type(error).__name__}") from error
        self._keep_url(urlsplit(server_url), password)

    def _keep_url(self, server: SplitResult, password: str) -> None:
        place = f"{DATABASE}:{password}@{server.hostname}:{server.port}"
        write_own(self.database_file, urlunsplit(server._replace(netloc=place, path=f"/{DATABASE}", query="")))

    def _make_role(self, connection: psycopg.Connection[Any], password: str) -> None:
        """Make the shop's own role: not a superuser, but able to do maintenance. Its password is new at every start."""
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (DATABASE,)).fetchone()
        verb = "ALTER" if known else "CREATE"
        statement = sql.SQL("{} ROLE {} LOGIN PASSWORD {}")
        connection.execute(statement.format(sql.SQL(verb), sql.Identifier(DATABASE), sql.Literal(password)))
        for upkeep in ("pg_monitor", "pg_signal_backend", "pg_checkpoint", "pg_maintain"):
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(upkeep), sql.Identifier(DATABASE)))

    def _settings(self) -> dict[str, Any]:
        return {
            "data_dir": str(self.data_dir),
            "environment": "demo",
            # Beat looks every second here, so that the user need not wait; thirty is the default.
            "cycles": {"triggers": "PT1S"},
            "policy": str(self.policy),
            "playbooks": [str(self.playbooks)],
            "targets": [self._shop(), self._gateway(), *self._parts(), code.target_of(self.code)],
        }

    def _shop(self) -> dict[str, Any]:
        address = f"http://127.0.0.1:{self.ports['shop']}"
        module = "grace_workers.entrypoints.demo.shop"
        return {
            "name": "shop",
            "kind": "process",
            "owner": "internal",
            "labels": {"health_path": "/catalog"},
            "depends_on": ["shop-db", "shop-flags", "shop-logs", "shop-cache", code.TARGET],
            "connection": {
                "command": [sys.executable, "-P", "-m", module, str(self.folder), str(self.ports["shop"])],
                "env": {"SHOP_DATABASE_URL": {"file": str(self.database_file)}},
                "pid_file": str(self.pid_file("shop")),
                "log_file": str(self.folder / "shop.out"),
                "ready": {"http": f"{address}/catalog"},
                "http": address,
                "error_log": str(self.logs / "shop.log"),
                "log_control": str(self.folder / "log-control.json"),
            },
        }

    def _gateway(self) -> dict[str, Any]:
        port = self.ports["gateway"]
        return {
            "name": "payment-gateway",
            "kind": "process",
            "owner": "external",
            # Their own Alertmanager watches it and reports to us.
            "labels": {"watch": "off"},
            "connection": {
                "command": [sys.executable, "-P", "-m", "grace_workers.entrypoints.demo.gateway", str(port)],
                "pid_file": str(self.pid_file("payment-gateway")),
                "log_file": str(self.folder / "gateway.out"),
                "ready": {"tcp": f"127.0.0.1:{port}"},
            },
        }

    def _parts(self) -> list[dict[str, Any]]:
        return [
            {
                "name": "shop-db",
                "kind": "postgres",
                "owner": "internal",
                "labels": {"tables": "orders"},
                "connection": {"url": {"file": str(self.database_file)}},
            },
            {
                "name": "shop-flags",
                "kind": "flags",
                "owner": "internal",
                "labels": {"service": "shop", "switchable": FLAG},
                "connection": {"file": str(self.flags)},
            },
            {
                "name": "shop-logs",
                "kind": "files",
                "owner": "internal",
                "connection": {"root": str(self.logs), "quota": QUOTA},
            },
            {
                "name": "shop-cache",
                "kind": "files",
                "owner": "internal",
                "labels": {"service": "shop", "health_path": "/catalog", "cache_files_bound": "200"},
                "connection": {"root": str(self.cache)},
            },
        ]


def free_port() -> int:
    """Return a loopback port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
