"""From a raw line or traceback to a stable signature: a line is identified by its shape, a traceback by its fault.

Every step is linear in the text, and the text is capped first, so a hostile line costs no more than a long one.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from grace_workers.foundation.redaction import starred, without_secrets
from grace_workers.signals.signal import TARGET_LABELS, Signature
from grace_workers.signals.templates import key_of, shape
from grace_workers.signals.tracebacks import fault_in

LONGEST_TEXT = 32_768
_LONGEST_LINE = 2_000
_LONGEST_NAME = 80
_LINE = "\n"
_LONGEST_MEMBER = 500

# Every alternative consumes what it matches without backtracking into it, and masks are matched first, as themselves,
# so that masking twice equals masking once.
_VARYING = re.compile(
    r"""
      (?P<mask><(?:\#|text|path|time|ip|id)>)
    | (?P<text>(?<![\w>])(?:'[^'\n]*'|"[^"\n]*")(?![\w<]))
    | (?P<id>(?<![\w>-])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w<-]))
    | (?P<time>(?<![\w>])[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?)?
        (?:Z|[+-][0-9]{2}:?[0-9]{2})?(?![\w<])
      | (?<![\w>:])[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?(?![\w<:]))
    | (?P<ip>(?<![\w>.])[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(?::[0-9]{1,5})?(?![\w<.]))
    | (?P<path>(?<![\w>/.])(?:[A-Za-z]:)?[/\\][\w.@+~-]++(?>(?:[/\\][\w.@+~-]*+)+))
    | (?P<hex>(?<![\w>])[0-9]x[0-9a-f]++(?![\w<])|(?<![\w>])(?=[a-f]{0,40}[0-9])[0-9a-f]{7,}+(?![\w<]))
    | (?P<number>[0-9]++(?>(?:\.[0-9]++)*))
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_MASKS = {
    "text": "<text>",
    "id": "<id>",
    "time": "<time>",
    "ip": "<ip>",
    "path": "<path>",
    "hex": "<#>",
    "number": "<#>",
}
_TASK = re.compile(r"Task ([\w.:-]{1,200})\[[^\]\n]{1,100}\] raised unexpected: ")
# These labels say where or how bad, or change with every restart of the sender; the others distinguish two alerts of
# one name on one target (a device, a queue) and so belong to the signature.
_INSTANCE = (
    *("pod", "pod_name", "pod_ip", "container", "container_id", "uid", "id", "instance", "node", "host", "hostname"),
    "replica",
)
_NOT_IDENTITY = frozenset(
    {
        *TARGET_LABELS,
        *_INSTANCE,
        *("alertname", "severity", "priority", "endpoint", "prometheus", "prometheus_replica", "monitor", "cluster"),
    }
)
# A label of such a name holds a measurement, or a name for one occurrence, whatever it looks like.
_VOLATILE_WORDS = frozenset(
    {
        *("value", "values", "val", "current", "measured", "reading", "result", "timestamp", "time", "ts", "date"),
        *("since", "duration", "elapsed", "uptime", "age", "description", "summary", "message", "trace", "span"),
        *("request", "session", "correlation", "transaction", "execution", "run", "build", "nonce", "hash", "sha"),
    }
)
# A number under such a name is an identifier; under any other it is a reading.
_NUMBERED_WORDS = frozenset(
    {
        *("port", "shard", "partition", "code", "status", "le", "quantile", "cpu", "core", "index", "number", "no"),
        *("num", "slot", "disk", "drive", "device", "dev", "gpu", "lun", "bus", "channel", "queue", "topic", "group"),
        *("worker", "rack", "zone", "row", "vlan", "db", "database", "schema", "tenant", "account", "customer"),
        *("org", "project", "team", "stage", "level", "tier", "class", "version", "release", "job", "name", "key"),
        *("interface", "ifindex", "peer", "asn", "as", "sensor", "fan", "psu", "unit", "lane", "ring", "id"),
        *("exit", "signal", "errno", "window", "percentile", "step", "region", "site", "store", "threshold"),
    }
)
_SENTENCE = re.compile(r"[\s%=]")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_QUANTITY = re.compile(
    r"[<>=~≈]{0,2}\s?[+-]?(?:[0-9][0-9_,]{0,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30}|NaN|Inf(?:inity)?)(?:e[+-]?[0-9]{1,4})?"
    r"\s?°?[^\W\d_]{0,3}(?:/s|ps)?%?(?:\s?[0-9]{1,10}(?:\.[0-9]{1,12})?[^\W\d_]{1,2}){0,4}",
    re.IGNORECASE,
)
_SAYING = ("event", "message", "msg", "error", "exception", "exc_info", "stack_trace", "traceback")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What a Python traceback says about its innermost cause. `place` is `module:function` in the user's own code.

    `cause` is the key that equal faults share, regardless of what called, wrapped or ran the code. `task` is the
    Celery task that raised, if the text names one.
    """

    exception: str
    message: str
    place: str
    cause: str
    task: str | None = None


def mask(text: str) -> str:
    """Return `text` with numbers, hexadecimal, UUIDs, paths, times, addresses and quoted text masked.

    Masking a masked text changes nothing, and no digit's value matters.
    """
    return _VARYING.sub(lambda found: _MASKS.get(found.lastgroup or "", found[0]), text)


def parse_failure(text: str) -> Failure | None:
    """Return the failure that the traceback in `text` describes, or None when there is none."""
    text = _capped(unwrapped(text))
    found = fault_in(text)
    if found is None:
        return None
    task = _TASK.search(text)
    return Failure(
        exception=found.exception,
        message=found.message[:_LONGEST_LINE],
        place=found.place,
        cause=found.keys.cause,
        task=task[1] if task else None,
    )


def sign(name: str, *, text: str | None = None, labels: Mapping[str, str] | None = None) -> Signature:
    """Return the signature: a readable name, `~`, and eight hexadecimal digits.

    `name` is the sender's word for the condition. A traceback in `text` gives its fault, any other text the shape
    of its first line; a line of JSON counts as its message and exception. `labels` are those that distinguish
    conditions of one name; their values count as given. Secrets are not part of a signature.
    """
    text = starred(_capped(unwrapped(text))) if text else None
    parts = [mask(starred(name[:_LONGEST_LINE]))]
    readable = parts[0]
    failure = parse_failure(text) if text else None
    if failure is not None:
        parts.append(failure.cause)
        place = failure.task or failure.place
        readable = f"{failure.exception}@{place}" if place else failure.exception
    elif text:
        parts.append(_shape(text))
    for key, value in sorted(without_secrets(dict(labels or {})).items()):
        parts.append(f"{key}={value}")
        readable += f".{value}"
    # The name of a logger or alert is not part of a traceback's identity, because several may log the same failure.
    identity = parts[1:] if failure is not None else parts
    digest = hashlib.sha256("\x1f".join(identity).encode(errors="backslashreplace")).hexdigest()[:8]
    return Signature(f"{_slug(readable)}~{digest}")


def identifying(labels: Mapping[str, str]) -> Mapping[str, str]:
    """Return the labels that distinguish conditions of one name on one target.

    Measurements are not among them (`value: 0.9731`, `usage: 93 %`, a sentence with figures in it): they differ at
    every evaluation of the rule, and would make each a separate incident. Of a sentence, the words count.
    """
    kept = {key: value for key, value in labels.items() if key.casefold() not in _NOT_IDENTITY}
    return {
        key: mask(value) if _SENTENCE.search(value) else value
        for key, value in kept.items()
        if not _volatile(key, value)
    }


def member_of(labels: Mapping[str, str]) -> str:
    """Return which instance of a condition the labels name: a pod, a host; empty if they name none."""
    named = [f"{key}={labels[key]}" for key in _INSTANCE if labels.get(key)]
    return ",".join(named)[:_LONGEST_MEMBER]


def _volatile(key: str, value: str) -> bool:
    words = {word.casefold() for word in _WORD.findall(key)}
    if words & _VOLATILE_WORDS:
        return True
    masked = mask(value.strip())
    return bool(_QUANTITY.fullmatch(value.strip()) or masked == "<time>") and not words & _NUMBERED_WORDS


def form(line: str) -> str:
    """Return the shape of what a log line says: lines of one shape are one kind of event."""
    return _shape(unwrapped(line))


def said_in(line: str) -> str:
    """Return what a log line says, as text of one line: the message of a line of JSON, any other line itself."""
    return _first_line(unwrapped(line))


def unwrapped(text: str) -> str:
    """Return the content of a line of JSON, message before exception; any other text unchanged."""
    if not text.startswith("{") or len(text) > LONGEST_TEXT:
        return text
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return text
    said = [record[key] for key in _SAYING if isinstance(record.get(key), str)] if isinstance(record, dict) else []
    return "\n".join(said) or text


def _shape(text: str) -> str:
    return shape(key_of(_first_line(text)))


def _first_line(text: str) -> str:
    return next((line for line in text[:LONGEST_TEXT].splitlines() if line.strip()), "")


def _capped(text: str) -> str:
    """Return the text, or whole lines of its start and its end, because a traceback names its exception last."""
    if len(text) <= LONGEST_TEXT:
        return text
    start, end = text[: LONGEST_TEXT // 4], text[-3 * LONGEST_TEXT // 4 :]
    return f"{start.rpartition(_LINE)[0] or start}{_LINE}{end.partition(_LINE)[2] or end}"


def _slug(readable: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_.:@-]+", "-", readable.replace("<#>", "N"), flags=re.ASCII).strip("-.")
    return plain[:_LONGEST_NAME] or "signal"
