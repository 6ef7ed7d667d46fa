"""An HTTP service as an `HttpProbe`: one declared base URL, GET only, no redirect followed, little read."""

import time
from datetime import timedelta

import httpx

from grace_workers.actions import HttpProbe
from grace_workers.drivers._shared.http_address import below, parsed
from grace_workers.foundation.errors import InputError

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
        address = below(self._base, path)
        seconds = timeout.total_seconds()
        begun = time.monotonic()
        try:
            with (
                httpx.Client(trust_env=False, follow_redirects=False, timeout=seconds) as client,
                client.stream("GET", address, headers={"user-agent": "grace"}) as answer,
            ):
                size = 0
                # The client's timeout applies to each read, but a trickling answer must end too.
                for chunk in answer.iter_raw():
                    size += len(chunk)
                    if size >= _MOST or time.monotonic() - begun > seconds:
                        break
                elapsed = time.monotonic() - begun
                return (answer.status_code, elapsed) if elapsed <= seconds else (0, elapsed)
        except httpx.HTTPError:
            return 0, time.monotonic() - begun
