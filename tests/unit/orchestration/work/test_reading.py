"""The model of texts: from outcomes whose cause was proved, to what it suggests for a text like none before."""

import re
from collections.abc import Mapping
from random import Random

import pytest

from grace_workers.diagnosis import EngineKind
from grace_workers.foundation.document import JsonValue
from grace_workers.learning import text_of
from grace_workers.orchestration.learned import models
from grace_workers.orchestration.line.reading import TEXTS
from grace_workers.orchestration.line.recollection import Recollection
from grace_workers.orchestration.stores.models import ModelStore
from grace_workers.orchestration.stores.precedents import PrecedentStore
from grace_workers.orchestration.work.reading import texts_due, train_texts
from grace_workers.signals import Signature
from grace_workers.testing import FakeClock
from tests.aside import here
from tests.builders import Ward, signal
from tests.unit.learning.recall.precedents_of import outcome
from tests.unit.orchestration.test_recollection import LATER

SAID = {
    "disk_full": "the upload of {} fails since there is no space left on the volume",
    "lock_pileup": "saving {} hangs and later another session holds the row lock",
}
VAGUE = {
    "memory_leak": "the basket of {} is slow, longer every hour until the shop swaps",
    "lock_pileup": "the basket of {} is slow, saving hangs since another session holds the row",
    "process_down": "the basket of {} is slow, nobody answers at the counter",
    "queue_backlog": "the basket of {} is slow, mails come hours late",
}
NEW = {"signal Ticket": 1.0, "line like none before": 1.0}


def told(ward: Ward, number: int, *, start: int = 0, said: Mapping[str, str] = SAID, **changes: object) -> None:
    chance = Random(start)
    for at in range(start + 1, start + number + 1):
        cause = chance.choice(list(said))
        text = said[cause].format(f"invoice {chance.randint(1, 999)}")
        incident = ward.fall_ill(name=f"Ticket{at}", summary=text, signature=Signature(f"ticket-{at}"))
        with ward.ledger.transaction() as tx:
            features = {f"line {text}": 1.0}
            tx[PrecedentStore].put(outcome(at, cause=cause, incident=incident, features=features, **changes))


def trained(ward: Ward) -> Mapping[str, JsonValue] | None:
    with ward.ledger.transaction() as tx:
        begin = texts_due(tx)
    return None if begin is None else train_texts(ward.ledger, begin, LATER, here)


def suggested(ward: Ward, text: str) -> list[str]:
    recollection = Recollection()
    with ward.ledger.transaction() as tx:
        recollection.follow(tx)
    found = recollection.recall(NEW, text).suggestions
    assert all(one.engine is EngineKind.MODEL for one in found)
    return [one.cause for one in found]


def unknown(ward: Ward, text: str) -> str | None:
    recollection = Recollection()
    with ward.ledger.transaction() as tx:
        recollection.follow(tx)
    return recollection.recall(NEW, text).unknown


@pytest.fixture
def ward() -> Ward:
    return Ward()


def test_a_text_is_read_once_outcomes_have_taught_it(ward: Ward) -> None:
    assert trained(ward) is None
    told(ward, 40)
    assert suggested(ward, "no space left on the volume") == []
    result = trained(ward)
    assert result is not None
    assert (result["promoted"], result["version"], result["texts"]) == (True, 1, 40)
    assert suggested(ward, "my report cannot be written, no space left on the volume") == ["disk_full"]
    assert suggested(ward, "another session holds the row lock of my order") == ["lock_pileup"]
    assert suggested(ward, "qwx zzyx vrrm") == []
    assert ("learning.promoted", "model:texts") in [(one.action, one.subject) for one in ward.ledger.entries]
    assert [(one.name, one.version) for one in models(ward.ledger)] == [("texts", 1)]
    assert trained(ward) is None


@pytest.mark.slow
def test_what_is_too_unsure_to_suggest_is_told_as_the_best_guess(ward: Ward) -> None:
    told(ward, 60, said=VAGUE)
    trained(ward)
    mixed = unknown(ward, "my basket is slow")
    assert re.fullmatch(
        r"it shares nothing with any of 60 precedents; model 1 of texts finds \w+ likeliest by .+, "
        r"but gives it \d\d%, and 50% is the least",
        str(mixed),
    )
    assert str(unknown(ward, "qwx zzyx vrrm")).endswith("; model 1 of texts knows no word of what it says")
    assert unknown(ward, "") == "it shares nothing with any of 60 precedents"


def test_few_texts_or_one_cause_teach_nothing_and_are_not_tried_again_at_once(ward: Ward) -> None:
    told(ward, 8)
    assert trained(ward) == {"promoted": False, "texts": 8}
    told(ward, 5, start=50)
    assert trained(ward) is None


def test_words_that_no_reading_confirmed_teach_nothing(ward: Ward) -> None:
    told(ward, 40, words_alone=True)
    assert trained(ward) is None


def test_what_was_taken_back_is_forgotten_even_if_no_model_is_left(ward: Ward) -> None:
    told(ward, 30)
    trained(ward)
    with ward.ledger.transaction() as tx:
        known = [one for _, one in tx[PrecedentStore].before(limit=100)]
        for at, one in enumerate(known[:20]):
            tx[PrecedentStore].put(outcome(at + 1, cause=one.cause, incident=one.incident, forgotten=True))
    result = trained(ward)
    assert result is not None
    assert (result["promoted"], result["version"]) == (True, 2)
    assert suggested(ward, "no space left on the volume") == []


def test_a_model_that_was_changed_in_the_store_is_not_used(ward: Ward) -> None:
    told(ward, 40)
    trained(ward)
    with ward.ledger.transaction() as tx:
        (version,) = tx[ModelStore].versions(TEXTS)
        tx[ModelStore].put(version, b"changed", keep=3)
    assert suggested(ward, "no space left on the volume") == []


@pytest.mark.parametrize(
    ("summary", "text", "read"),
    [
        ("Ticket", None, ""),
        ("too short", None, ""),
        ("the disk is full", None, "the disk is full"),
        ("the disk is full", "the disk is full", "the disk is full"),
        ("what I typed was password=hunter2", None, "what I typed was"),
    ],
)
def test_what_is_read_of_a_signal(summary: str, text: str | None, read: str) -> None:
    found = text_of(signal(at=FakeClock(), name="Ticket", summary=summary, text=text))
    assert read in found
    assert "hunter2" not in found
    assert bool(found) is bool(read)
