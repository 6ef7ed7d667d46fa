"""Finding the API: by option or environment, else the node of this data directory."""

import json
from pathlib import Path

from grace_workers.entrypoints.gateway import Gateway
from grace_workers.foundation.errors import InputError


def connect(url: str | None, token: str | None, config: Path | None = None) -> Gateway:
    """Return the API to talk to; what is not given comes from the running node's own files.

    Raises:
        InputError: no URL is given and no node has been started here.
    """
    if url and token:
        return Gateway(url, token)
    folder = _data_dir(config)
    if url and url.rstrip("/") != _own_url(folder):
        raise InputError(
            f"no token for {url[:200]}; give --token or set GRACE_TOKEN: this node's own is sent nowhere else"
        )
    return Gateway(url or _url(folder), token or _token(folder))


def _own_url(folder: Path) -> str | None:
    try:
        return _url(folder).rstrip("/")
    except InputError:
        return None


def _data_dir(config: Path | None) -> Path:
    from grace_workers.settings import load_settings

    return load_settings(config).data_dir


def _url(folder: Path) -> str:
    path = folder / "api.json"
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["url"])
    except FileNotFoundError as error:
        raise InputError(f"no node has been started in {folder}; run `grace up` there, or give --url") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} cannot be read; start the node again, or give --url") from error


def _token(folder: Path) -> str | None:
    path = folder / "cli-token"
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); give --token") from error
