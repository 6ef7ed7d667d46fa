"""The servers' addresses: as given in the settings, or as the running node of this data directory stored them."""

import json
from pathlib import Path

from pydantic import SecretStr

from grace_workers.fleet import NodeRole
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.own_file import read_own, write_own
from grace_workers.settings.tree import Settings

_FILE = "servers.json"
_API_FILE = "api.json"


class Addresses(Document):
    """The servers' URLs, with their passwords."""

    database: SecretStr
    broker: SecretStr


def addresses(settings: Settings) -> Addresses:
    """Return the servers' URLs.

    Raises:
        InputError: none are given, and no node has been started with this data directory.
    """
    database, broker = settings.database.url, settings.broker.url
    if database is not None and broker is not None:
        return Addresses(database=database, broker=broker)
    kept = _remembered(settings.data_dir)
    if kept is None:
        raise InputError(
            f"no database and broker are configured, and no node was started in {settings.data_dir}; "
            "run `grace up`, or set GRACE_DATABASE__URL and GRACE_BROKER__URL"
        )
    return Addresses(database=database or kept.database, broker=broker or kept.broker)


def database_of(settings: Settings) -> SecretStr:
    """Return the database's URL alone, for callers that need no broker. Raises InputError as `addresses` does."""
    return settings.database.url or addresses(settings).database


def broker_of(settings: Settings) -> SecretStr:
    """Return the broker's URL alone, for callers that need no database. Raises InputError as `addresses` does."""
    return settings.broker.url or addresses(settings).broker


def require_servers(settings: Settings) -> None:
    """Raise InputError for a node of one role without the fleet's servers: only a whole node brings its own servers."""
    role = settings.role
    if role is not NodeRole.WHOLE and (settings.database.url is None or settings.broker.url is None):
        raise InputError(
            f"`grace node {role}` joins a fleet and needs the URLs of its servers: set GRACE_DATABASE__URL and "
            "GRACE_BROKER__URL, or run `grace up` for a node with its own servers"
        )


def remember(settings: Settings, found: Addresses) -> None:
    """Store the URLs for commands that run beside the node; only its owner may read them. Raises OSError."""
    values = {"database": found.database.get_secret_value(), "broker": found.broker.get_secret_value()}
    write_own(settings.data_dir / _FILE, json.dumps(values), durable=True)
    if (api := settings.endpoints.get("api")) is not None:
        write_own(settings.data_dir / _API_FILE, json.dumps({"url": api}))


def _remembered(data_dir: Path) -> Addresses | None:
    path = data_dir / _FILE
    try:
        return Addresses.read(json.loads(read_own(path)), str(path))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); restart the node with `grace up`") from error
