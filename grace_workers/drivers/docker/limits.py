"""The resource limits of one container, changed while it runs."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from grace_workers.actions import Limit, ServiceLimits
from grace_workers.drivers._shared.bounds import LimitBounds, allow, bounds_of
from grace_workers.drivers.docker.container import Container
from grace_workers.foundation.errors import ConflictError

_UNITS = {"memory": "bytes", "pids": "processes", "millicpus": "thousandths of a processor"}
_FIELDS = {"memory": "Memory", "pids": "PidsLimit", "millicpus": "NanoCpus"}
_NANO_PER_MILLI = 1_000_000
_NONE = -1


class ContainerLimits(ServiceLimits):
    """ServiceLimits of a container. They hold until it is replaced.

    An engine cannot take a limit on memory or processors away again, so none is set where there was none.
    """

    def __init__(
        self, container: Container, declared: Mapping[Literal["memory", "pids", "millicpus"], LimitBounds]
    ) -> None:
        self._container = container
        self._declared: Mapping[str, LimitBounds] = {str(name): bounds for name, bounds in declared.items()}

    def limits(self) -> Sequence[Limit]:
        return [self.limit(name) for name in sorted(self._declared)]

    def limit(self, name: str) -> Limit:
        bounds = bounds_of(name, self._declared)
        return bounds.limit(name, _value(self._container.read()["HostConfig"], name), _UNITS[name])

    def set_limit(self, name: str, value: int) -> Limit:
        allow(name, value, self._declared)
        return self.put_back_limit(name, value)

    def put_back_limit(self, name: str, value: int | None) -> Limit:
        bounds_of(name, self._declared)
        found = self._container.read()
        if name != "pids" and value != (now := _value(found["HostConfig"], name)) and None in (value, now):
            words = f"{self._container.words} has {'no' if now is None else 'a'} limit {name!r}"
            raise ConflictError(f"{words}, and an engine cannot take such a limit away; make it with a limit")
        with self._container.engine.asked(f"limit {name!r} of {self._container.words}") as client:
            place = f"{client.base_url}/v{client.api_version}/containers/{found['Id']}/update"
            # The client's own method does not know every limit of the API.
            answer = client.post(place, json=_update(found["HostConfig"], name, value), timeout=client.timeout)
            _raise_for_status(answer)
        return self.limit(name)


def _value(config: Mapping[str, Any], name: str) -> int | None:
    found = int(config.get(_FIELDS[name]) or 0)
    if found <= 0:
        return None
    return found // _NANO_PER_MILLI if name == "millicpus" else found


def _update(config: Mapping[str, Any], name: str, value: int | None) -> Mapping[str, int]:
    if name == "pids":
        return {"PidsLimit": _NONE if value is None else value}
    if value is None:
        return {}
    if name == "millicpus":
        return {"NanoCpus": value * _NANO_PER_MILLI}
    # The engine refuses a memory limit above the one on memory and swap together, so the swap keeps its share.
    memory, both = int(config.get("Memory") or 0), int(config.get("MemorySwap") or 0)
    swap = both - memory if memory > 0 and both >= memory else value
    return {"Memory": value, "MemorySwap": _NONE if both == _NONE else value + swap}


def _raise_for_status(answer: Any) -> None:
    from docker.errors import create_api_error_from_http_exception
    from requests.exceptions import HTTPError

    try:
        answer.raise_for_status()
    except HTTPError as error:
        create_api_error_from_http_exception(error)
