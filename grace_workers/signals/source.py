"""`Source`: one format of incoming signals."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from grace_workers.foundation import redaction
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.signals.delivery import JSON_TYPES, Delivery
from grace_workers.signals.deployment import Deployment
from grace_workers.signals.signal import TARGET_LABELS, Severity, Signal

_FIRST_YEAR = 1970
_SEVERITIES = {
    Severity.CRITICAL: ("critical", "fatal", "emergency", "alert", "page", "disaster", "p1", "sev1"),
    Severity.ERROR: ("error", "err", "high", "major", "p2", "sev2"),
    Severity.WARNING: ("warning", "warn", "minor", "medium", "average", "p3", "sev3"),
    Severity.INFO: ("info", "information", "informational", "notice", "low", "none", "debug", "p4", "p5", "sev4"),
}
_BY_WORD = {word: severity for severity, words in _SEVERITIES.items() for word in words}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What was left out of a delivery: a `whole` condition that could not be read, or a part left out on purpose.

    `position` counts the conditions of the delivery from 1.
    """

    position: int
    name: str
    reason: str
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """The content of one delivery, in its order, and what was left out of it."""

    signals: Sequence[Signal]
    left_out: Sequence[LeftOut] = ()
    deployments: Sequence[Deployment] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceExample:
    """A delivery as a sender really sends it. The conformance suite reads it, and the reference shows it."""

    body: bytes
    content_type: str = JSON_TYPES[0]
    headers: Mapping[str, str] = field(default_factory=dict)
    path: str = ""

    def delivered(self, at: datetime) -> Delivery:
        """Return it as a delivery that arrived at that time."""
        return Delivery(
            body=self.body, content_type=self.content_type, headers=self.headers, path=self.path, received_at=at
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfig:
    """What to paste at the sender, and the language in which a page highlights it."""

    language: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to a sender once its delivery is stored, for senders that expect their own."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One format, served at `/api/v1/signals/<name>`.

    `parse` returns one Signal for each condition. It raises InputError for a delivery that is not of the format,
    with UnreadableError for bytes that cannot be read at all.

    `whole`: a delivery is accepted as a whole or not at all, because its sender can correct it. Otherwise `parse`
    takes what is good, and names in `left_out` what is not.

    `verify` gets the delivery, the secret from the settings and the time, and raises SignatureError. If such a
    signature does not cover a time, `signs_time` is False, and only `delivery_key` identifies a repeat.

    `credential` returns the token from the headers and the query, for senders that cannot send `Authorization`.

    `below` are the paths that senders append to the address, as patterns with `*`; with `rooted`, the API also
    serves them at the root of its host, because only the host can be set at such senders.

    Sources of one `family` share their addresses; `fits` says whether a delivery is of this format.

    `heeds_only_5xx`: such a sender gives up at 429 and 408, so it gets 503 instead.

    `answer` is for senders that expect another answer than receipts.
    """

    name: str
    summary: str
    parse: Callable[[Delivery], Parsed]
    example: SourceExample
    client: ClientConfig
    content_types: tuple[str, ...] = JSON_TYPES
    whole: bool = False
    verify: Callable[[Delivery, str, datetime], None] | None = None
    signs_time: bool = True
    credential: Callable[[Mapping[str, str], Mapping[str, str]], str | None] | None = None
    below: tuple[str, ...] = ()
    rooted: bool = False
    family: str = ""
    fits: Callable[[Delivery], bool] | None = None
    heeds_only_5xx: bool = False
    answer: Callable[[Delivery, Parsed], Answer] | None = None

    def takes(self, content_type: str) -> bool:
        """Return whether senders of this format may declare that type."""
        return any(fnmatchcase(content_type, pattern) for pattern in self.content_types)

    def serves(self, path: str) -> bool:
        """Return whether senders of this format append that path to the address."""
        return not path or any(fnmatchcase(path, pattern) for pattern in self.below)


def severity_of(word: str) -> Severity:
    """Return our severity for a sender's word; an unknown word counts as a warning."""
    return _BY_WORD.get(word.strip().casefold(), Severity.WARNING)


def named_target(labels: Mapping[str, str]) -> TargetName | None:
    """Return the target that the labels name, by the first of `TARGET_LABELS` that is present and not empty."""
    return next((TargetName(labels[key]) for key in TARGET_LABELS if labels.get(key)), None)


def aimed(signal: Signal, known: Collection[TargetName]) -> Signal:
    """Return the signal with its target settled: the first name it offers that is known, or None.

    It offers its own target, then its labels in the order of `TARGET_LABELS`.
    """
    offered = [signal.target, *(signal.labels.get(key) for key in TARGET_LABELS)]
    target = next((TargetName(name) for name in offered if name is not None and name in known), None)
    if target == signal.target:
        return signal
    if target is None and signal.target not in signal.labels.values():
        # The given name stays visible, so that it can be declared.
        return replace(signal, target=None, labels={"target": str(signal.target), **signal.labels})
    return replace(signal, target=target)


def without_secrets(signal: Signal) -> Signal:
    """Return the signal with every secret from its sender replaced by stars; its settled target stays."""
    return replace(
        signal,
        name=redaction.starred(signal.name),
        summary=redaction.starred(signal.summary),
        text=None if signal.text is None else redaction.starred(signal.text),
        labels={key: str(value) for key, value in redaction.without_secrets(dict(signal.labels)).items()},
        attributes=redaction.without_secrets(signal.attributes),
        delivery_key=redaction.starred(signal.delivery_key),
        continues=redaction.starred(signal.continues),
        member=redaction.starred(signal.member),
    )


def not_later(moment: datetime, received_at: datetime, what: str) -> datetime:
    """Return a sender's time in UTC, never later than the arrival.

    A time without zone counts as UTC.

    Raises:
        InputError: the time is before 1970.
    """
    if moment.year < _FIRST_YEAR:
        raise InputError(f"{what}: a time in the year {moment.year}; send RFC 3339 times from 1970 on")
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    # A zone may carry the last day of the year 9999 past the end of the calendar, so compare before converting.
    return received_at if aware >= received_at else aware.astimezone(UTC)
