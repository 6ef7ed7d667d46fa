"""Tracebacks that Python really printed, and what must be equal and what must differ between them."""

import asyncio
import io
import random
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.signals.tracebacks import Fingerprint, cause_of, exceptions, fingerprint


class GatewayError(Exception):
    pass


def declined(amount: int = 3) -> None:
    raise ValueError(f"amount {amount} is above the limit")


def expired(amount: int = 3) -> None:
    raise ValueError(f"card {amount} has expired")


def check(amount: int) -> None:
    if amount > 100:
        raise ValueError(f"amount {amount} is above 100")
    raise ValueError(f"amount {amount} is odd")


def charge() -> None:
    declined(4711)


def wrapped() -> None:
    try:
        declined()
    except ValueError as error:
        raise GatewayError("payment failed") from error


def translated() -> None:
    try:
        declined()
    except ValueError:
        raise GatewayError("payment failed")  # noqa: B904 - the chain of an error that was raised without `from`


def looked_up_elsewhere() -> None:
    try:
        {}["price"]
    except KeyError:
        declined()


def noted() -> None:
    try:
        declined()
    except ValueError as error:
        error.add_note("see the runbook")
        raise


async def _declined_later() -> None:
    await asyncio.sleep(0)
    declined()


async def _in_a_group() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_declined_later())


def in_a_task_group() -> None:
    asyncio.run(_in_a_group())


def behind_a_group() -> None:
    try:
        in_a_task_group()
    except ExceptionGroup as error:
        raise GatewayError("sync failed") from error


def in_another_process() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        pool.submit(declined).result()


def printed(call: Callable[[], object]) -> str:
    try:
        call()
    except Exception:  # noqa: BLE001 - whatever it raises is what is wanted
        return traceback.format_exc()
    raise AssertionError("nothing was raised")


def in_a_thread() -> str:
    said, stderr = io.StringIO(), sys.stderr
    sys.stderr = said
    try:
        thread = threading.Thread(target=declined)
        thread.start()
        thread.join()
    finally:
        sys.stderr = stderr
    return said.getvalue()


def keys(text: str) -> Fingerprint:
    found = fingerprint(text)
    assert found is not None, text
    return found


DECLINED = printed(declined)


@pytest.mark.parametrize(
    "call",
    [charge, wrapped, translated, looked_up_elsewhere, noted, in_a_task_group, behind_a_group, in_another_process],
)
def test_a_fault_is_the_same_however_it_was_called_wrapped_or_run(call: Callable[[], None]) -> None:
    assert keys(printed(call)).cause == keys(DECLINED).cause


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_a_thread_is_the_same_fault() -> None:
    assert keys(DECLINED).cause == keys(_threaded()).cause


def _threaded() -> str:
    hook, threading.excepthook = threading.excepthook, threading.__excepthook__
    try:
        return in_a_thread()
    finally:
        threading.excepthook = hook


@pytest.mark.parametrize(
    "margin", ["2026-03-01 07:10:09,123 ERROR shop: ", "web-1  | ", "    ", "Mar 01 07:10:09 host shop[7]: "]
)
def test_what_a_log_puts_before_a_traceback_does_not_matter(margin: str) -> None:
    first, *rest = DECLINED.splitlines()
    assert keys("\n".join([margin + first, *rest])).cause == keys(DECLINED).cause
    assert keys("\n".join(margin + line for line in [first, *rest])).cause == keys(DECLINED).cause


def test_one_function_that_refuses_for_two_reasons_has_two_faults() -> None:
    large, odd = keys(printed(lambda: check(101))), keys(printed(lambda: check(3)))
    assert large.cause != odd.cause
    assert large.family == odd.family
    assert keys(printed(lambda: check(202))).cause == large.cause


def test_two_functions_that_raise_one_type_are_two_faults() -> None:
    assert keys(printed(expired)).cause != keys(DECLINED).cause


def test_the_exact_key_includes_the_way_in() -> None:
    assert keys(printed(charge)).exact != keys(DECLINED).exact


DRIVER = """Traceback (most recent call last):
  File "{root}/shop/orders.py", line {line}, in save
    cursor.execute(statement)
  File "{libraries}/psycopg/cursor.py", line 97, in execute
    raise ex.with_traceback(None)
psycopg.errors.OperationalError: {message}
"""


def driver(
    message: str, root: str = "/app", libraries: str = "/usr/lib/python3.11/site-packages", line: int = 7
) -> str:
    return DRIVER.format(message=message, root=root, libraries=libraries, line=line)


def test_a_library_that_reports_by_message_only_has_a_fault_for_each_message() -> None:
    crowded = keys(driver('connection to "10.0.0.1", port 5432 failed: FATAL: too many clients already'))
    down = keys(driver('connection to "10.0.0.1", port 5432 failed: Connection refused'))
    assert crowded.cause != down.cause
    again = driver('connection to "10.9.9.9", port 5433 failed: FATAL: too many clients already')
    assert keys(again).cause == crowded.cause


@pytest.mark.parametrize(
    ("root", "libraries"),
    [
        ("/srv/shop/releases/20260301-1200", "/srv/shop/releases/20260301-1200/.venv/lib/python3.13/site-packages"),
        ("C:\\services\\shop", "C:\\services\\venv\\Lib\\site-packages"),
    ],
)
def test_where_it_is_deployed_does_not_matter(root: str, libraries: str) -> None:
    assert keys(driver("gone", root, libraries, line=99)).cause == keys(driver("gone")).cause


def test_a_recursion_of_any_depth_is_one_fault() -> None:
    def dive(depth: int) -> int:
        return dive(depth + 1)

    assert keys(printed(lambda: dive(0))).cause == keys(printed(lambda: dive(100))).cause


def test_the_innermost_cause_is_blamed() -> None:
    chain = exceptions(printed(wrapped))
    assert [one.type for one in chain] == ["ValueError", f"{__name__}.GatewayError"]
    assert cause_of(chain).message == "amount 3 is above the limit"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no traceback",
        "Traceback (most recent call last):",
        'Traceback (most recent call last):\n  File "x", line 1',
    ],
)
def test_what_is_no_whole_traceback_has_no_keys(text: str) -> None:
    assert fingerprint(text) is None


@given(st.integers(0, len(DECLINED)), st.integers(0, len(DECLINED)), st.text(max_size=20))
def test_a_mutilated_traceback_raises_nothing(start: int, end: int, instead: str) -> None:
    found = fingerprint(DECLINED[:start] + instead + DECLINED[end:])
    assert found is None or all((found.exact, found.cause, found.family))


@given(
    st.lists(st.sampled_from([*DECLINED.splitlines(), *printed(behind_a_group).splitlines()]), max_size=60),
    st.randoms(),
)
def test_lines_in_any_order_raise_nothing(lines: list[str], chance: random.Random) -> None:
    found = fingerprint("\n".join(chance.sample(lines, len(lines))))
    assert found is None or all((found.exact, found.cause, found.family))


def test_a_traceback_of_any_length_is_cut_before_it_is_read() -> None:
    deep = DECLINED.replace("\nValueError", '\n  File "/a.py", line 1, in f\n    f()' * 200_000 + "\nValueError")
    assert keys(deep).family == keys(DECLINED).family
