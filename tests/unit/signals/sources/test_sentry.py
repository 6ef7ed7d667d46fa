import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.signals import Delivery, Parsed, Severity, sign
from grace_workers.signals.sources.sentry import DEFINITION, answer, credential

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
DATA = Path(__file__).parents[3] / "data"


def envelope(*items: tuple[dict[str, Any], bytes], header: bytes = b'{"event_id":"e"}') -> bytes:
    return b"\n".join([header, *(line for head, body in items for line in (json.dumps(head).encode(), body))])


def parse(body: bytes, path: str = "api/42/envelope") -> Parsed:
    return DEFINITION.parse(
        Delivery(body=body, content_type="application/x-sentry-envelope", path=path, received_at=NOW)
    )


def test_a_captured_exception_has_the_signature_of_its_logged_traceback() -> None:
    [signal] = parse((DATA / "sentry-exception.txt").read_bytes()).signals
    assert (signal.name, signal.target, signal.severity) == ("ZeroDivisionError", "checkout", Severity.ERROR)
    assert signal.summary == "ZeroDivisionError: division by zero"
    logged = (
        "Traceback (most recent call last):\n"
        '  File "/srv/shop/sentry_probe.py", line 9, in <module>\n    try: charge(0)\n'
        '  File "/srv/shop/sentry_probe.py", line 8, in charge\n    def charge(n): return 10/n\n'
        "ZeroDivisionError: division by zero"
    )
    assert signal.signature == sign("anything", text=logged)


def test_frames_are_kept_with_their_source_and_local_variables_are_not() -> None:
    [signal] = parse((DATA / "sentry-exception.txt").read_bytes()).signals
    [kept] = signal.attributes["exceptions"]  # type: ignore[misc]
    frame = kept["frames"][-1]  # type: ignore[index]
    assert (frame["function"], frame["line"], frame["own"]) == ("charge", 6, True)
    assert frame["source"] == "def charge(n): return 10/n"
    assert "vars" not in json.dumps(signal.attributes)
    assert signal.attributes["release"] == "shop@1.4.2"


def test_a_log_message_is_recognised_by_its_shape() -> None:
    [signal] = parse((DATA / "sentry-log-message.txt").read_bytes()).signals
    assert (signal.name, signal.text) == ("shop", "payment gateway timeout after 3000 ms")


def test_a_chain_is_printed_cause_first_and_of_a_group_the_first_member_counts() -> None:
    def raised(id_: int, kind: str, parent: int | None, source: str = "") -> dict[str, Any]:
        frame = {"abs_path": f"/srv/{kind}.py", "function": "f", "lineno": id_}
        mechanism = {"exception_id": id_, "parent_id": parent, "source": source}
        return {"type": kind, "value": "v", "mechanism": mechanism, "stacktrace": {"frames": [frame]}}

    values = [
        raised(3, "KeyError", 1, "exceptions[1]"),
        raised(2, "OSError", 1, "exceptions[0]"),
        raised(1, "ExceptionGroup", 0, "__context__"),
        raised(0, "AppError", None),
    ]
    item = ({"type": "event"}, json.dumps({"exception": {"values": values}}).encode())
    [signal] = parse(envelope(item)).signals
    text = str(signal.text)
    assert "KeyError" not in text
    assert text.index("OSError") < text.index("direct cause") < text.index("ExceptionGroup")
    assert text.index("ExceptionGroup") < text.index("During handling") < text.index("AppError")
    assert len(signal.attributes["exceptions"]) == 4  # type: ignore[arg-type]


def test_an_item_that_is_no_event_is_accepted_and_ignored() -> None:
    kinds = ("session", "sessions", "client_report", "transaction", "attachment", "profile", "log", "unheard_of")
    assert parse(envelope(*(({"type": kind, "length": 2}, b"{}") for kind in kinds))) == Parsed(signals=[], left_out=[])
    assert parse(b'{"event_id":"e"}') == Parsed(signals=[], left_out=[])


def test_one_bad_event_among_good_ones_is_named_and_the_good_are_kept() -> None:
    good = ({"type": "event"}, b'{"message": "a", "event_id": "1"}')
    bad = ({"type": "event", "length": 5}, b'"bad"')
    found = parse(envelope(good, bad, good, ({"type": "event", "length": 10**9}, b"{}")))
    assert [one.delivery_key for one in found.signals] == ["sentry:1", "sentry:1"]
    assert [(one.position, one.whole) for one in found.left_out] == [(2, True), (4, True)]
    assert "cut off" in found.left_out[1].reason


def test_an_envelope_with_a_broken_item_ends_there() -> None:
    found = parse(envelope(({"type": "event"}, b'{"message": "a"}')) + b"\nnot json\n{}")
    assert len(found.signals) == 1
    assert [one.whole for one in found.left_out] == [True]


@pytest.mark.parametrize("body", [b"", b"not json\n", b"[]\n{}", b"{" * 70_000])
def test_what_is_no_envelope_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        parse(body)


def test_the_store_endpoint_takes_one_event_as_it_is() -> None:
    [signal] = parse(b'{"message": "disk full", "level": "fatal", "server_name": "db-1"}', "api/42/store").signals
    assert (signal.text, signal.severity, signal.member) == ("disk full", Severity.CRITICAL, "db-1")


def test_the_public_key_is_the_token() -> None:
    header = "Sentry sentry_key=grace_abc-1, sentry_version=7, sentry_client=sentry.python/2.75.0"
    assert credential({"x-sentry-auth": header}, {}) == "grace_abc-1"
    assert credential({}, {"sentry_key": "grace_2"}) == "grace_2"
    assert credential({}, {}) is None


def test_the_answer_has_the_id_of_the_event() -> None:
    given = DEFINITION.example.delivered(NOW)
    found = answer(given, DEFINITION.parse(given))
    assert (found.status, json.loads(found.body)) == (200, {"id": "c5565e17e6504003a5ed1d8925dc60dd"})
