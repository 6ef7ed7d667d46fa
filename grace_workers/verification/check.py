"""`Check`: a probe that reads one number from one role of a target."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from grace_workers.foundation.document import Document

R = TypeVar("R")
P = TypeVar("P", bound=Document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Generic[R, P]):
    """One kind of reading. `probe` returns the number, in `unit`; it may raise, which the caller records."""

    name: str
    summary: str
    unit: str
    role: type[R]
    params: type[P]
    probe: Callable[[R, P], float]


AnyCheck = Check[Any, Any]
