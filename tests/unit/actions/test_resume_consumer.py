from pathlib import Path

import pytest
from celery import Celery

from grace_workers.actions.primitives.resume_consumer import DEFINITION, ResumeParams
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryConsumers
from tests.conformance.primitive_cases import InMemory, Real
from tests.foreign_celery import foreign_broker, taking
from tests.waiting import until


def application() -> MemoryConsumers:
    return MemoryConsumers({"one@shop": {"other"}, "two@shop": {"mail"}})


def in_memory() -> InMemory:
    workers = application()
    return InMemory(
        role=workers, params={"queue": "mail", "workers": ["one@shop"]}, look=lambda: workers.consumers("mail")
    )


def real(folder: Path) -> Real:
    del folder
    url = foreign_broker()
    with Celery("asking", broker=url, set_as_current=False) as app:
        app.control.cancel_consumer("mail", destination=["one@shop"], reply=True, timeout=20)
    until(lambda: "mail" not in taking(url), within=20)
    return Real(
        kind=TargetKind("celery"),
        connection={"broker": url, "patience": 20, "workers": 1},
        params={"queue": "mail", "workers": ["one@shop"]},
        look=lambda: taking(url),
    )


def test_a_worker_that_is_not_named_or_does_not_answer_is_left_alone() -> None:
    workers = application()
    params = ResumeParams(queue="mail", workers=("ghost@shop", "two@shop"))
    kept = DEFINITION.snapshot(workers, params)
    assert DEFINITION.apply(workers, params, kept).detail == "no worker is left to change for queue mail"
    assert workers.consumers("mail") == ["two@shop"]


def test_workers_must_be_named() -> None:
    with pytest.raises(InputError, match="workers"):
        ResumeParams.read({"queue": "mail"}, "params")
