"""Our own plain signals: one, a list of them, or `{"signals": [...]}`. Strict: unknown keys are refused."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import Field

from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName, uuid7
from grace_workers.signals.limits import LONGEST_LABEL, LONGEST_NAME, MOST_ALERTS, check_body, check_labels
from grace_workers.signals.signal import Severity, Signal, SignalStatus
from grace_workers.signals.signature import member_of, sign
from grace_workers.signals.source import named_target, not_later

_WHAT = "signal"


class PlainSignal(Document):
    """One signal as a sender writes it.

    `key` is the sender's own key of this very observation: a second one with the same key and status counts as a
    repeated delivery and is stored once. The labels whose names the sender lists in `identity` distinguish
    conditions of one name.
    """

    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    target: str | None = Field(default=None, min_length=1, max_length=LONGEST_NAME)
    severity: Severity = Severity.ERROR
    status: SignalStatus = SignalStatus.FIRING
    summary: str | None = Field(default=None, max_length=LONGEST_LABEL)
    text: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    attributes: dict[str, JsonValue] = Field(default_factory=dict)
    key: str | None = Field(default=None, min_length=1, max_length=LONGEST_NAME)
    observed_at: datetime | None = None
    identity: tuple[str, ...] = Field(default=(), max_length=16)


def plain_signals(body: JsonValue, received_at: datetime) -> Sequence[Signal]:
    """Return the signals in decoded JSON, in order.

    Raises:
        InputError: a signal does not fit, has an unknown key, or passes a limit; the message names its position.
    """
    check_body(body, _WHAT)
    raws = _raws(body)
    if len(raws) > MOST_ALERTS:
        raise InputError(f"{len(raws)} signals in one body; send at most {MOST_ALERTS} per body")
    return [_signal(raw, _WHAT if len(raws) == 1 else f"{_WHAT} {at}", received_at) for at, raw in enumerate(raws, 1)]


def _raws(body: JsonValue) -> list[JsonValue]:
    if isinstance(body, dict) and set(body) == {"signals"}:
        body = body["signals"]
        if not isinstance(body, list):
            raise InputError("signals: must be a list of signals")
    return body if isinstance(body, list) else [body]


def _signal(raw: Any, what: str, received_at: datetime) -> Signal:
    plain = PlainSignal.read(raw, what)
    check_labels(plain.labels, what)
    missing = [key for key in plain.identity if key not in plain.labels]
    if missing:
        raise InputError(f"{what}: identity names the label {missing[0][:80]!r}, which is not among the labels")
    return Signal(
        source="plain",
        name=plain.name,
        target=TargetName(plain.target) if plain.target else named_target(plain.labels),
        severity=plain.severity,
        status=plain.status,
        summary=plain.summary or plain.name,
        text=plain.text,
        labels=plain.labels,
        attributes=plain.attributes,
        signature=sign(plain.name, text=plain.text, labels={key: plain.labels[key] for key in plain.identity}),
        delivery_key=_delivery_key(plain),
        observed_at=not_later(plain.observed_at or received_at, received_at, what),
        member=member_of(plain.labels),
    )


def _delivery_key(plain: PlainSignal) -> str:
    """Return a key from the sender's; else from the whole content if that names its moment; else a fresh one."""
    if plain.key is not None:
        return f"plain:key:{plain.key}:{plain.status}"
    if plain.observed_at is not None:
        return f"plain:content:{hashlib.sha256(plain.model_dump_json().encode()).hexdigest()}"
    return f"plain:once:{uuid7()}"
