import os
import subprocess
import sys
import threading
from functools import partial

import pytest

from grace_workers.entrypoints.capture import GraceHandler, Sender
from grace_workers.entrypoints.capture.event import CapturedEvent
from grace_workers.foundation.errors import InputError
from tests.collecting import collection_after


@pytest.mark.parametrize("url", ["", "grace", "ftp://grace", "http://", "/api"])
def test_a_url_that_leads_nowhere_is_refused_at_once(url: str) -> None:
    with pytest.raises(InputError, match="http://host:port"):
        Sender(url)


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "émile"])
def test_a_token_that_cannot_be_one_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(InputError, match="token") as refused:
        GraceHandler("http://grace:8000", token=token)
    assert token not in str(refused.value)


def test_nothing_is_started_before_the_first_event() -> None:
    assert Sender("http://grace:8000").ident is None


def test_a_line_that_a_garbage_collection_logs_while_the_thread_is_made_makes_no_second_one():
    program = f"from {__name__} import interrupted; interrupted()"
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0


def interrupted():
    event = CapturedEvent("found", "error", "words", 1.0)
    for number, allocations in enumerate(range(0, 60, 2), 1):
        sender = Sender("http://127.0.0.1:1")
        with collection_after(allocations, partial(sender.offer, event)):
            sender.offer(event)
        assert sum(one.name == "grace-capture" for one in threading.enumerate()) == number
    # None of the threads ends by itself, and each would be waited for.
    os._exit(0)
