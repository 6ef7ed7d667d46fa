"""Ways that reach people. Each kind is one file in `kinds`; a way is one of them with its connection."""

from grace_workers.adapters.notify.notifier import Notifier
from grace_workers.adapters.notify.opening import open_people

__all__ = ["Notifier", "open_people"]
