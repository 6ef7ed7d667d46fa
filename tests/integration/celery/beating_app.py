"""The Celery application that the beat test runs: its schedule store is a hash in Valkey."""

import os
from datetime import datetime, timedelta

import redis

from grace_workers.adapters.celery import BrokerConfig, build_app
from grace_workers.adapters.celery.scheduler import CLOCKWORK, Clockwork
from grace_workers.cycles import Missed
from grace_workers.foundation.clock import SystemClock
from grace_workers.orchestration.job import Pool
from grace_workers.orchestration.work.schedule import ScheduleEntry

URL = os.environ["RECORDING_BROKER"]
ENTRY = ScheduleEntry(
    name="tick", every=timedelta(seconds=1), job="system.noop", pool=Pool.ORCHESTRATION, missed=Missed.ALL
)


class ValkeyBook:
    """A schedule store that fires into a sorted set, unique by slot."""

    def __init__(self):
        self.client = redis.Redis.from_url(URL)

    def last_slots(self):
        """Return the last slot fired."""
        text = self.client.hget("last", "tick")
        return {"tick": datetime.fromisoformat(text.decode())} if text else {}

    def fire(self, entry, slots):
        """Fire slots; return how many were new."""
        new = sum(self.client.zadd("fired", {slot.isoformat(): slot.timestamp()}) for slot in slots)
        self.client.hset("last", entry.name, slots[-1].isoformat())
        self.client.incr("calls", len(slots))
        return new


def clockwork():
    """Return beat's scheduling; the key `leading` says whether it leads."""
    book = ValkeyBook()

    def leading():
        book.client.incr("looks")
        return bool(book.client.exists("leading"))

    return Clockwork([ENTRY], book, leading=leading, clock=SystemClock())


app = build_app(BrokerConfig(url=URL))
setattr(app, CLOCKWORK, clockwork)
