import json
import random
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grace_workers.signals import mask, parse_failure, sign
from grace_workers.signals.signature import identifying, member_of

TRACEBACK = """2026-11-21 08:00:00 ERROR shop.checkout
Traceback (most recent call last):
  File "/usr/lib/python3.11/site-packages/flask/app.py", line 1511, in wsgi_app
    response = self.full_dispatch_request()
  File "/srv/shop/checkout.py", line {line}, in pay
    charge(card)
  File "/srv/shop/gateway.py", line 7, in charge
    raise GatewayError(reason)
shop.errors.GatewayError: {message}
"""
LOGLIKE = st.text(alphabet="abcdef0123456789xX-.:/\\'\"<># \n@=TZ+~_é", max_size=80)


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("user 42 failed after 1.5 ms", "user <#> failed after <#> ms"),
        ("at 2026-11-21T08:00:01.123Z gone", "at <time> gone"),
        ("at 2026-11-21 08:00:01,123 gone", "at <time> gone"),
        ("08:00:01 gone", "<time> gone"),
        ("peer 10.0.0.1:5432 reset", "peer <ip> reset"),
        ("job 8c0e7f1e-9c2e-4d38-a8d1-7f8d3d3e0f11 lost", "job <id> lost"),
        ("object at 0x7f3a5c commit a1b2c3d4e5", "object at <#> commit <#>"),
        ("cannot open /var/lib/shop/data.db", "cannot open <path>"),
        ("key 'alpha' and \"beta\" missing", "key <text> and <text> missing"),
        ("can't won't", "can't won't"),
        ("facade decade", "facade decade"),
    ],
)
def test_what_varies_is_masked(line: str, masked: str) -> None:
    assert mask(line) == masked


@given(LOGLIKE | st.text(max_size=80))
@example("123'abc'")
@example("'a''b'")
@example("<text>'x'<#>")
def test_masking_twice_equals_masking_once(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(LOGLIKE, st.randoms())
def test_the_value_of_a_digit_never_matters(text: str, chance: random.Random) -> None:
    other = "".join(chance.choice("0123456789") if letter in "0123456789" else letter for letter in text)
    assert mask(other) == mask(text)
    assert sign("name", text=other) == sign("name", text=text)


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_the_size_of_a_number_does_not_matter(one: int, other: int) -> None:
    assert sign("n", text=f"order {one} failed") == sign("n", text=f"order {other} failed")


def test_different_words_have_different_signatures() -> None:
    assert sign("n", text="order failed") != sign("n", text="payment failed")


def test_a_traceback_is_recognised_by_its_exception_and_the_users_own_frames() -> None:
    failure = parse_failure(TRACEBACK.format(line=3, message="declined"))
    assert failure is not None
    assert failure.exception == "GatewayError"
    assert failure.message == "declined"
    assert failure.place == "shop.gateway:charge"


def test_neither_line_numbers_nor_messages_change_a_tracebacks_signature() -> None:
    one = sign("ERROR shop", text=TRACEBACK.format(line=3, message="declined 1"))
    other = sign("ERROR shop.other", text=TRACEBACK.format(line=99, message="limit of 'bob' reached"))
    assert one == other
    assert one.startswith("GatewayError@shop.gateway:charge~")


def test_another_frame_makes_another_signature() -> None:
    text = TRACEBACK.format(line=3, message="declined")
    assert sign("n", text=text) != sign("n", text=text.replace("in charge", "in refund"))


def frames(*functions: str, folder: str = "/srv/shop") -> str:
    lines = "".join(f'  File "{folder}/a.py", line 1, in {name}\n    go()\n' for name in functions)
    return f"Traceback (most recent call last):\n{lines}ValueError: x\n"


def test_a_failure_is_the_same_for_every_caller() -> None:
    assert sign("n", text=frames("main", "a", "b", "c")) == sign("n", text=frames("worker", "c"))
    assert sign("n", text=frames("main", "a", "b")) != sign("n", text=frames("main", "a", "c"))


def test_a_failure_entirely_inside_libraries_is_recognised_by_their_frames() -> None:
    failure = parse_failure(frames("a", "b", folder="/venv/lib/python3.11/site-packages/lib"))
    assert failure is not None
    assert failure.place == "lib.a:b"


def test_what_failed_while_another_failure_was_handled_counts_by_itself() -> None:
    chained = TRACEBACK.format(line=1, message="a") + (
        "\nDuring handling of the above exception, another exception occurred:\n\n"
        'Traceback (most recent call last):\n  File "/srv/shop/web.py", line 1, in view\n    go()\nRuntimeError: b\n'
    )
    failure = parse_failure(chained)
    assert failure is not None
    assert (failure.exception, failure.place) == ("RuntimeError", "shop.web:view")


def test_a_syntax_error_is_recognised_by_its_file() -> None:
    where = '  File "/srv/shop/a.py", line 3\n    def x(\n         ^\n'
    text = f"Traceback (most recent call last):\n{where}SyntaxError: bad\n"
    failure = parse_failure(text)
    assert failure is not None
    assert (failure.exception, failure.place) == ("SyntaxError", "shop.a")


def test_a_celery_failure_is_named_after_its_task() -> None:
    head = "Task shop.charge[8c0e7f1e-9c2e-4d38-a8d1-7f8d3d3e0f11] raised unexpected: GatewayError('declined')\n"
    assert sign("n", text=head + TRACEBACK.format(line=1, message="x")).startswith("GatewayError@shop.charge~")


def test_a_line_of_json_counts_as_what_it_says() -> None:
    line = '{{"time": "2026-11-21T08:00:00Z", "level": "ERROR", "message": "order {} failed", "pid": {}}}'
    assert sign("n", text=line.format(1, 7)) == sign("n", text=line.format(2, 99))
    assert sign("n", text=line.format(1, 7)) == sign("n", text="order 5 failed")
    assert sign("n", text=line.format(1, 7)) != sign("n", text=line.format(1, 7).replace("order", "payment"))


def test_a_traceback_inside_a_line_of_json_is_read() -> None:
    text = TRACEBACK.format(line=3, message="declined")
    wrapped = json.dumps({"level": "error", "event": "checkout failed", "exception": text})
    assert sign("n", text=wrapped) == sign("n", text=text)


@pytest.mark.parametrize("line", ["{", "{}", '{"message": 7}', "{" * 30_000, '{"a":' * 6_000, "{not json}"])
def test_what_only_looks_like_json_counts_as_text(line: str) -> None:
    assert sign("n", text=line)


def test_a_traceback_cut_off_before_its_end_is_no_failure() -> None:
    assert parse_failure('Traceback (most recent call last):\n  File "/srv/a.py", line 1, in x\n') is None


def test_the_end_of_a_very_long_traceback_is_still_read() -> None:
    frames = '  File "/srv/shop/deep.py", line 1, in dive\n    dive()\n' * 20_000
    failure = parse_failure(f"Traceback (most recent call last):\n{frames}RecursionError: too deep\n")
    assert failure is not None
    assert failure.exception == "RecursionError"


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_signature_is_short_readable_ascii(name: str, text: str) -> None:
    readable, _, digest = sign(name, text=text).rpartition("~")
    assert 1 <= len(readable) <= 80
    assert readable.isascii()
    assert readable.isprintable()
    assert len(digest) == 8


@pytest.mark.parametrize(
    "line",
    [
        "a" * 1_000_000,
        "'" * 1_000_000,
        "'a" * 500_000,
        "/a" * 500_000,
        "\\" * 1_000_000,
        "1." * 500_000,
        "abcdef" * 170_000,
        "10.10.10." * 110_000,
        "aaaaaaaa-" * 110_000,
        "00:" * 330_000,
        "a." * 500_000,
        "\n" * 1_000_000,
        'Traceback (most recent call last):\n  File "' + "a" * 1_000_000,
        "Traceback (most recent call last):\n" + "a." * 500_000,
        "Traceback (most recent call last):\n" * 28_000,
        "Task a[" * 140_000 + "Traceback (most recent call last):\n",
    ],
)
def test_a_hostile_megabyte_costs_little(line: str) -> None:
    started = time.process_time()
    sign("n", text=line)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("value", "anything"),
        ("currentValue", "high"),
        ("usage", "93.45%"),
        ("usage", "93 %"),
        ("ratio", ".5"),
        ("ratio", "-1.2e+06"),
        ("ratio", "NaN"),
        ("ratio", "+Inf"),
        ("free", "12.3GiB"),
        ("memory", "512Mi"),
        ("pending_for", "3m 22.5s"),
        ("pending_for", "1h4m2s"),
        ("rate", "12.5 req/s"),
        ("temp", "81°C"),
        ("depth", "1,204"),
        ("seen", "2026-11-21T06:32:13.84Z"),
        ("first", "1764000000"),
        ("request_id", "a1b2"),
        ("pod", "web-7f9c"),
        ("Severity", "critical"),
    ],
)
def test_what_was_measured_or_happened_once_does_not_identify(label: str, value: str) -> None:
    assert identifying({label: value}) == {}


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("queue", "coding"),
        ("partition", "7"),
        ("status_code", "503"),
        ("httpPort", "8080"),
        ("le", "0.5"),
        ("device", "sda1"),
        ("mountpoint", "/var"),
        ("subnet", "10.0.0.1"),
        ("region", "eu-west-1"),
        ("app", "v2"),
    ],
)
def test_what_says_which_one_identifies(label: str, value: str) -> None:
    assert identifying({label: value}) == {label: value}


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.sampled_from(["{}", "{}%", "{}.5", "{} ms", "at {} of {}"]))
def test_no_figure_of_a_measure_reaches_the_identity(one: int, other: int, shape: str) -> None:
    first, second = (identifying({"reads": shape.replace("{}", str(number))}) for number in (one, other))
    assert first == second


def test_a_long_hostile_label_costs_little() -> None:
    began = time.perf_counter()
    for text in ("1" * 4096, "1," * 2048, "1m" * 2048, "9.9e" * 1024, " 1s" * 1365, "=" * 4096):
        identifying({"x": text})
    assert time.perf_counter() - began < 1


def test_the_member_is_named_by_the_labels_that_change_with_a_restart() -> None:
    assert member_of({"pod": "a", "queue": "q", "host": "h"}) == "pod=a,host=h"
    assert member_of({"queue": "q"}) == ""
