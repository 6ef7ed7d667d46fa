from pathlib import Path

import pytest

from grace_workers.actions.primitives.pause_consumer import DEFINITION, PauseParams
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryConsumers
from tests.conformance.primitive_cases import InMemory, Real
from tests.foreign_celery import foreign_broker, taking


def application() -> MemoryConsumers:
    return MemoryConsumers({"one@shop": {"mail", "other"}, "two@shop": {"mail"}})


def in_memory() -> InMemory:
    workers = application()
    return InMemory(role=workers, params={"queue": "mail"}, look=lambda: workers.consumers("mail"))


def real(folder: Path) -> Real:
    del folder
    url = foreign_broker()
    return Real(
        kind=TargetKind("celery"),
        connection={"broker": url, "patience": 20, "workers": 1},
        params={"queue": "mail"},
        look=lambda: taking(url),
    )


def test_named_workers_stop_and_the_others_go_on() -> None:
    workers, params = application(), PauseParams(queue="mail", workers=("one@shop",))
    kept = DEFINITION.snapshot(workers, params)
    assert DEFINITION.preview(workers, params).changes == ("let worker one@shop take no more from queue mail",)
    DEFINITION.apply(workers, params, kept)
    assert workers.consumers("mail") == ["two@shop"]


def test_a_worker_that_ended_meanwhile_is_not_missed() -> None:
    workers, params = application(), PauseParams(queue="mail")
    kept = DEFINITION.snapshot(workers, params)
    DEFINITION.apply(workers, params, kept)
    del workers.taking["two@shop"]
    DEFINITION.restore(workers, params, kept)
    assert DEFINITION.restored(workers, params, kept)
    assert workers.consumers("mail") == ["one@shop"]


@pytest.mark.parametrize("queue", ["", "a\nb", "x" * 201])
def test_a_hostile_queue_is_refused(queue: str) -> None:
    with pytest.raises(InputError, match="queue"):
        PauseParams.read({"queue": queue}, "params")
