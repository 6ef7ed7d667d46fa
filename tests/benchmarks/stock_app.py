"""Stock Celery: same version, settings and queues, but its own consumer and kombu's own transport."""

import os

from celery import Celery

from grace_workers.adapters.celery import BrokerConfig, build_app

app = build_app(BrokerConfig(url=os.environ["RECORDING_BROKER"], stock_transport=True))
app.conf.worker_consumer = Celery().conf.worker_consumer


@app.task(name="plain.noop")
def plain_noop(job_id, **_version):
    """Do nothing."""
