"""`Notifier`: a kind of way that reaches people."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grace_workers.foundation.document import Document
from grace_workers.orchestration.people.roster import NotifyWay


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """A kind of way: what a connection says, and what makes the way of one. Opening connects to nothing."""

    name: str
    summary: str
    connection: type[Document]
    open: Callable[[Any], NotifyWay]
