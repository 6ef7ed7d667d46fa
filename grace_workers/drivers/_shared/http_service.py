"""An HTTP service as an `HttpProbe`: one declared base URL, GET only, no redirect followed, little read."""

import time
from datetime import timedelta

import httpx

from grace_workers.actions import HttpProbe
from grace_workers.drivers._shared.http_address import below, parsed
from grace_workers.foundation.errors import InputError, PermanentError

_FINE = 200
_MOST = 1 << 20


class HttpService(HttpProbe):
    """The service at `url`; paths are taken below it and cannot leave its host."""

    def __init__(self, url: str) -> None:
        given = parsed(url)
        if given.scheme not in {"http", "https"} or not given.host:
            raise InputError("the url must begin with http:// or https:// and name a host; correct the target")
        self._base = given.copy_with(query=None, fragment=None, raw_path=given.raw_path.rstrip(b"/") or b"/")

    def get(self, path: str, timeout: timedelta) -> tuple[int, float]:
        """Return the status and the seconds until the first megabyte of the answer; status 0 for no answer in time.

        Raises:
            InputError: the path is not below the base URL.
        """
        begun = time.monotonic()
        try:
            status, _, elapsed = self._fetched(path, timeout, begun)
        except httpx.HTTPError:
            return 0, time.monotonic() - begun
        return (status, elapsed) if elapsed <= timeout.total_seconds() else (0, elapsed)

    def read(self, path: str, timeout: timedelta) -> bytes:
        """Return the body of a successful answer, at most a megabyte of it.

        Raises:
            InputError: the path is not below the base URL.
            PermanentError: there was no answer in time, it was no success, or it is longer.
        """
        try:
            status, body, elapsed = self._fetched(path, timeout, time.monotonic())
        except httpx.HTTPError as error:
            raise PermanentError(f"{path} does not answer: {type(error).__name__}") from error
        if status != _FINE or elapsed > timeout.total_seconds():
            late = f"after {elapsed:.1f} s" if status == _FINE else f"with status {status}"
            raise PermanentError(f"{path} answers {late}, so there is nothing to read")
        if len(body) >= _MOST:
            raise PermanentError(f"{path} answers with more than {_MOST} bytes; choose a path with a shorter answer")
        return body

    def _fetched(self, path: str, timeout: timedelta, begun: float) -> tuple[int, bytes, float]:
        """Return the status, the first megabyte of the body, and the seconds that it took."""
        address = below(self._base, path)
        seconds = timeout.total_seconds()
        with (
            httpx.Client(trust_env=False, follow_redirects=False, timeout=seconds) as client,
            client.stream("GET", address, headers={"user-agent": "grace", "accept-encoding": "identity"}) as answer,
        ):
            body = bytearray()
            # The client's timeout applies to each read, but a trickling answer must end too.
            for chunk in answer.iter_raw():
                body += chunk
                if len(body) >= _MOST or time.monotonic() - begun > seconds:
                    break
            return answer.status_code, bytes(body[:_MOST]), time.monotonic() - begun
