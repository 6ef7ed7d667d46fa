"""From a raw line or traceback to a stable signature: what varies is masked, what identifies stays.

Every step is linear in the text, and the text is capped first, so a hostile line costs no more than a long one.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grace_workers.foundation.redaction import starred, without_secrets
from grace_workers.signals.signal import TARGET_LABELS, Signature

LONGEST_TEXT = 32_768
_LONGEST_LINE = 2_000
_LONGEST_NAME = 80
_LONGEST_MEMBER = 500
_FRAMES = 3

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
    | (?P<path>(?<![\w>/.])(?:[A-Za-z]:)?[/\\][\w.@+~-]++(?:[/\\][\w.@+~-]*+)++)
    | (?P<hex>(?<![\w>])[0-9]x[0-9a-f]++(?![\w<])|(?<![\w>])(?=[a-f]{0,40}[0-9])[0-9a-f]{7,}+(?![\w<]))
    | (?P<number>[0-9]++(?:\.[0-9]++)*+)
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
_FRAME = re.compile(r'\s{0,40}File "([^"\n]{1,1000})", line [0-9]{1,9}(?:, in ([^\s]{1,200}))?')
_RAISED = re.compile(r"((?:[A-Za-z_]\w{0,99}\.){0,9}[A-Za-z_]\w{0,99})(?::\s?(.*))?", re.ASCII)
_TASK = re.compile(r"Task ([\w.:-]{1,200})\[[^\]\n]{1,100}\] raised unexpected: ")
_FOREIGN = ("/site-packages/", "/dist-packages/", "/lib/python", "<frozen", "\\lib\\")
# These labels say where or how bad, or change with every restart of the sender; the rest tell two alerts of one name
# on one target apart (a device, a queue) and so belong to the signature.
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
# A label of such a name holds what was measured, or a name for one occurrence, whatever it looks like.
_VOLATILE_WORDS = frozenset(
    {
        *("value", "values", "val", "current", "measured", "reading", "result", "timestamp", "time", "ts", "date"),
        *("since", "duration", "elapsed", "uptime", "age", "description", "summary", "message", "trace", "span"),
        *("request", "session", "correlation", "transaction", "execution", "run", "build", "nonce", "hash", "sha"),
    }
)
# A number under such a name says which one; under any other it is a reading.
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
_START = "Traceback (most recent call last):"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What a Python traceback says. `frames` are `module:function`, innermost last, the user's own where there are any.

    `task` is the Celery task that raised, where the text names one.
    """

    exception: str
    message: str
    frames: tuple[str, ...]
    task: str | None = None


def mask(text: str) -> str:
    """Return `text` with numbers, hexadecimal, UUIDs, paths, times, addresses and quoted text masked.

    Masking a masked text changes nothing, and no digit's value matters.
    """
    return _VARYING.sub(lambda found: _MASKS.get(found.lastgroup or "", found[0]), text)


def parse_failure(text: str) -> Failure | None:
    """Return the failure that the last traceback in `text` describes, or None when there is none."""
    lines = _capped(_unwrapped(text)).splitlines()
    start = max((at for at, line in enumerate(lines) if _START in line), default=None)
    if start is None:
        return None
    margin = lines[start].index(_START)
    body = [line[margin:] for line in lines[start + 1 :]]
    raised = next((found for found in map(_exception, body) if found), None)
    if raised is None:
        return None
    task = _TASK.search("\n".join(lines[: start + 1]))
    return Failure(
        exception=raised[1].rpartition(".")[2],
        message=(raised[2] or "")[:_LONGEST_LINE],
        frames=_own_frames(body),
        task=task[1] if task else None,
    )


def sign(name: str, *, text: str | None = None, labels: Mapping[str, str] | None = None) -> Signature:
    """Return the signature: a readable name, `~`, and eight hexadecimal digits.

    `name` is the sender's word for the condition. A traceback in `text` gives exception and innermost frames, another
    text its first line, masked; a line of JSON counts as what its message and exception say. `labels` are those that
    tell conditions of one name apart; their values count as given. Secrets are no part of a signature.
    """
    text = starred(_capped(_unwrapped(text))) if text else None
    parts = [mask(starred(name[:_LONGEST_LINE]))]
    readable = parts[0]
    failure = parse_failure(text) if text else None
    if failure is not None:
        parts += [failure.exception, *failure.frames]
        parts += [] if failure.frames else [mask(failure.message)]
        place = failure.task or (failure.frames[-1] if failure.frames else "")
        readable = f"{failure.exception}@{place}" if place else failure.exception
    elif text:
        parts.append(_first_line(text))
    for key, value in sorted(without_secrets(dict(labels or {})).items()):
        parts.append(f"{key}={value}")
        readable += f".{value}"
    # The name of a logger or alert is not part of a traceback's identity: the same failure may be logged by several.
    identity = parts[1:] if failure is not None else parts
    digest = hashlib.sha256("\x1f".join(identity).encode(errors="backslashreplace")).hexdigest()[:8]
    return Signature(f"{_slug(readable)}~{digest}")


def identifying(labels: Mapping[str, str]) -> Mapping[str, str]:
    """Return the labels that tell conditions of one name on one target apart.

    What was measured is none of them (`value: 0.9731`, `usage: 93 %`, a sentence with figures in it): it differs at
    every evaluation of the rule, and would make each an incident of its own. Of a sentence, the words count.
    """
    kept = {key: value for key, value in labels.items() if key.casefold() not in _NOT_IDENTITY}
    return {
        key: mask(value) if _SENTENCE.search(value) else value
        for key, value in kept.items()
        if not _volatile(key, value)
    }


def member_of(labels: Mapping[str, str]) -> str:
    """Return which instance of a condition the labels name: a pod, a host; empty where they name none."""
    named = [f"{key}={labels[key]}" for key in _INSTANCE if labels.get(key)]
    return ",".join(named)[:_LONGEST_MEMBER]


def _volatile(key: str, value: str) -> bool:
    words = {word.casefold() for word in _WORD.findall(key)}
    if words & _VOLATILE_WORDS:
        return True
    masked = mask(value.strip())
    return bool(_QUANTITY.fullmatch(value.strip()) or masked == "<time>") and not words & _NUMBERED_WORDS


def form(line: str) -> str:
    """Return what a log line says, masked: lines of one form are one kind of event."""
    return _first_line(_unwrapped(line))


def _unwrapped(text: str) -> str:
    """Return what a line of JSON says, message before exception; any other text as it is."""
    if not text.startswith("{") or len(text) > LONGEST_TEXT:
        return text
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return text
    said = [record[key] for key in _SAYING if isinstance(record.get(key), str)] if isinstance(record, dict) else []
    return "\n".join(said) or text


def _first_line(text: str) -> str:
    line = next((line for line in text[:LONGEST_TEXT].splitlines() if line.strip()), "")
    return " ".join(mask(line[:_LONGEST_LINE]).split())


def _exception(line: str) -> "re.Match[str] | None":
    """Return the parts of the line that names the exception: the first one at the margin after the frames."""
    return None if line[:1].isspace() else _RAISED.fullmatch(line[:_LONGEST_LINE])


def _own_frames(body: Sequence[str]) -> tuple[str, ...]:
    found = [match for match in (_FRAME.match(line[:_LONGEST_LINE]) for line in body) if match]
    own = [match for match in found if not any(part in match[1] for part in _FOREIGN)] or found
    return tuple(_frame(match[1], match[2]) for match in own[-_FRAMES:])


def _frame(path: str, function: str | None) -> str:
    steps = path.replace("\\", "/").removesuffix(".py").split("/")
    module = ".".join(step for step in steps[-2:] if step)
    return mask(f"{module}:{function}" if function else module)


def _capped(text: str) -> str:
    """Return the text, or its start and its end: a traceback names its exception last."""
    if len(text) <= LONGEST_TEXT:
        return text
    return text[: LONGEST_TEXT // 4] + "\n" + text[-3 * LONGEST_TEXT // 4 :]


def _slug(readable: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_.:@-]+", "-", readable.replace("<#>", "N"), flags=re.ASCII).strip("-.")
    return plain[:_LONGEST_NAME] or "signal"
