"""This node's own API, asked as a client asks it."""

import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from ssl import PROTOCOL_TLS_CLIENT, SSLContext

import httpx

from grace_workers.fleet import ApiFacts
from grace_workers.foundation.errors import PermanentError, TransientError

_CALL = "/api/v1/switches"
_LEAST = 0.05


class OwnApi:
    """The API on this machine's `port`, which listens on `host`. `token_file` is read before every call.

    The token may be replaced, and is missing on a node that has none.
    """

    def __init__(self, host: str, port: int, token_file: Path, *, within: timedelta = timedelta(seconds=1.5)) -> None:
        self._within = within.total_seconds()
        # One client for all calls: opening a connection for each would cost the API more than answering.
        self._client = httpx.Client(
            base_url=f"http://{_reached(host)}:{port}",
            trust_env=False,
            # Its address is never https, and the certificates of a default context take 4 MiB.
            verify=SSLContext(PROTOCOL_TLS_CLIENT),
            timeout=within.total_seconds(),
            headers={"user-agent": "grace-self-test"},
        )
        self._token_file = token_file

    def facts(self) -> ApiFacts:
        """Return the status of the health check and of a call with the token. Both together have the time of one."""
        token = self._token()
        began = time.monotonic()
        health = self._get("/healthz").status_code
        if token is None:
            return ApiFacts(health=health, with_token=None)
        left = max(_LEAST, self._within - (time.monotonic() - began))
        return ApiFacts(health=health, with_token=self._get(_CALL, token, within=left).status_code)

    def metrics(self, only: str | None = None) -> str:
        """Return the figures in Prometheus text, or only that one. Raises PermanentError when they are refused."""
        answer = self._get("/metrics" if only is None else f"/metrics?name[]={only}", self._token())
        if answer.status_code != httpx.codes.OK:
            raise PermanentError(f"the API returns {answer.status_code} for /metrics instead of 200")
        return answer.text

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _token(self) -> str | None:
        with suppress(OSError):
            return self._token_file.read_text(encoding="utf-8").strip() or None
        return None

    def _get(self, path: str, token: str | None = None, *, within: float | None = None) -> httpx.Response:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        try:
            return self._client.get(path, headers=headers, timeout=within or self._within)
        except httpx.HTTPError as error:
            raise TransientError(f"the API does not answer {path}: {type(error).__name__}") from error


def _reached(host: str) -> str:
    """Return where a server that listens on `host` is reached from this machine."""
    found = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - no binding, only its spelling
    return f"[{found}]" if ":" in found else found
