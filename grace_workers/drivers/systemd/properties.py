"""The resource limits of one unit."""

from collections.abc import Mapping, Sequence
from typing import Literal

from grace_workers.actions import Limit, ServiceLimits
from grace_workers.drivers._shared.bounds import LimitBounds, allow, bounds_of
from grace_workers.drivers._shared.systemctl import Systemctl
from grace_workers.foundation.errors import PermanentError

_UNITS = {"MemoryMax": "bytes", "MemoryHigh": "bytes", "TasksMax": "tasks"}
_NONE = "infinity"


class UnitLimits(ServiceLimits):
    """ServiceLimits of a unit, set at runtime only: a reboot brings back the limits from the unit file."""

    def __init__(
        self,
        manager: Systemctl,
        unit: str,
        declared: Mapping[Literal["MemoryMax", "MemoryHigh", "TasksMax"], LimitBounds],
    ) -> None:
        self._manager = manager
        self._unit = unit
        self._declared: Mapping[str, LimitBounds] = {str(name): bounds for name, bounds in declared.items()}

    def limits(self) -> Sequence[Limit]:
        return [self.limit(name) for name in sorted(self._declared)]

    def limit(self, name: str) -> Limit:
        bounds = bounds_of(name, self._declared)
        (found,) = self._manager.show(self._unit, (name,))
        text = found.get(name, "")
        if text != _NONE and not text.isdigit():
            raise PermanentError(f"systemd does not tell {name} of unit {self._unit!r}")
        return bounds.limit(name, None if text == _NONE else int(text), _UNITS[name])

    def set_limit(self, name: str, value: int) -> Limit:
        allow(name, value, self._declared)
        return self.put_back_limit(name, value)

    def put_back_limit(self, name: str, value: int | None) -> Limit:
        bounds_of(name, self._declared)
        text = _NONE if value is None else str(value)
        self._manager.do("set-property", "--runtime", "--", self._unit, f"{name}={text}")
        return self.limit(name)
