"""The Celery application that the transport's tests run as real workers: its tasks count themselves in Valkey."""

import os
import time
from datetime import timedelta

import redis

from grace_workers.adapters.celery import BrokerConfig, build_app, build_monitor_app
from grace_workers.orchestration.fleet.job_look import named_thread

URL = os.environ["RECORDING_BROKER"]
JOURNAL = os.environ.get("RECORDING_JOURNAL", URL)
LEASE = timedelta(seconds=float(os.environ.get("RECORDING_LEASE", "2")))
app = build_app(BrokerConfig(url=URL, stock_transport=bool(os.environ.get("RECORDING_STOCK")), lease=LEASE))
if "RECORDING_PREFETCH" in os.environ:
    app.conf.worker_prefetch_multiplier = int(os.environ["RECORDING_PREFETCH"])
monitor = build_monitor_app(BrokerConfig(url=URL))
journal = redis.Redis.from_url(JOURNAL)


@app.task(name="test.note", bind=True)
def note(self, job_id, *, level=None, version=None, seconds=0.0):
    """Record start and end of a job."""
    began = time.time()
    journal.rpush("started", f"{job_id} {began} {int(bool(self.request.delivery_info['redelivered']))}")
    time.sleep(seconds or float(os.environ.get("RECORDING_SECONDS", "0")))
    journal.rpush("ended", job_id)


@app.task(name="test.hold", bind=True)
def hold(self, job_id, *, level=None, version=None):
    """Run until the journal has the key `release`."""
    again = int(bool(self.request.delivery_info["redelivered"]))
    journal.rpush("started", f"{job_id} {time.time()} {again} {os.getpid()}")
    with named_thread(job_id, 1):
        while not journal.exists("release"):
            time.sleep(0.02)
    journal.rpush("ended", job_id)
