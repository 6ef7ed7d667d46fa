"""Finding the API: by option or environment, else the node of this data directory."""

import json
from pathlib import Path
from urllib.parse import urlsplit

from grace_workers.entrypoints.cli.listener import listening_uids
from grace_workers.entrypoints.gateway import Gateway
from grace_workers.foundation.config_file import data_dir
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.own_file import read_own

_HERE = frozenset({"127.0.0.1", "localhost", "::1", "0.0.0.0", "::"})  # noqa: S104 - nothing is bound


def connect(url: str | None, token: str | None, config: Path | None = None) -> Gateway:
    """Return the API to talk to; what is not given comes from the running node's own files.

    Raises:
        InputError: no URL is given and no node was started here; or another user's program listens on this node's port.
    """
    if url and token:
        return Gateway(url, token)
    folder = data_dir(config)
    if url and url.rstrip("/") != _own_url(folder):
        raise InputError(
            f"no token for {url[:200]}; give --token or set GRACE_TOKEN: this node's own token is sent to no "
            f"other address"
        )
    found = url or _url(folder)
    if not token:
        _require_own_listener(found, folder)
    return Gateway(found, token or _token(folder))


def _require_own_listener(url: str, folder: Path) -> None:
    """Refuse to send this node's token to another user's program that took its port. Raises InputError."""
    parts = urlsplit(url)
    owner = folder.stat().st_uid
    strangers = listening_uids(parts.port or 80) - {owner, 0} if parts.hostname in _HERE else frozenset()
    if strangers:
        raise InputError(
            f"port {parts.port} belongs to a program of uid {min(strangers)}, not to this node (uid {owner}), "
            f"so the node's token is not sent there; stop that program and restart the node, or give --token"
        )


def _own_url(folder: Path) -> str | None:
    try:
        return _url(folder).rstrip("/")
    except InputError:
        return None


def _url(folder: Path) -> str:
    path = folder / "api.json"
    try:
        return str(json.loads(read_own(path))["url"])
    except FileNotFoundError as error:
        raise InputError(f"no node was ever started in {folder}; run `grace up` there, or give --url") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} cannot be read; restart the node, or give --url") from error


def _token(folder: Path) -> str | None:
    path = folder / "cli-token"
    try:
        return read_own(path).strip() or None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); give --token") from error
