"""Questions that never come back must delay no one."""

import threading
from datetime import timedelta

import pytest

from grace_workers.adapters.process.bounded import Bounded
from grace_workers.foundation.errors import InputError, TransientError

SOON = timedelta(milliseconds=50)


@pytest.fixture
def gate():
    made = threading.Event()
    yield made
    made.set()


def test_an_answer_in_time_is_returned():
    assert Bounded("it", within=timedelta(seconds=5)).ask(lambda: 7) == 7


def test_what_the_question_raises_is_raised():
    def wrong():
        raise InputError("no such thing")

    with pytest.raises(InputError, match="no such thing"):
        Bounded("it", within=timedelta(seconds=5)).ask(wrong)


def test_a_time_out_of_the_question_itself_is_its_own():
    def slow():
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        Bounded("it", within=timedelta(seconds=5)).ask(slow)


def test_no_answer_in_time_is_a_transient_error(gate):
    with pytest.raises(TransientError, match="it did not answer within"):
        Bounded("it", within=SOON).ask(gate.wait)


def test_the_number_of_hanging_questions_is_limited_until_they_are_answered(gate):
    bounded = Bounded("it", within=SOON, most=2)
    for _ in range(2):
        with pytest.raises(TransientError):
            bounded.ask(gate.wait)
    with pytest.raises(TransientError, match="2 earlier requests"):
        bounded.ask(lambda: 7)
    gate.set()
    assert bounded.ask(lambda: 7, within=timedelta(seconds=5)) == 7


class Reader:
    name = "it"

    def __init__(self, gate):
        self.gate = gate

    def echo(self, text, *, twice=False):
        return text * (2 if twice else 1)

    def hang(self):
        self.gate.wait()


def test_each_method_of_a_reader_is_a_question_with_its_own_limit(gate):
    read = Bounded("it", within=timedelta(minutes=1)).around(Reader(gate), within=SOON)
    assert read.name == "it"
    assert read.echo("a", twice=True) == "aa"
    with pytest.raises(TransientError, match="it did not answer within"):
        read.hang()
