"""Which fields a service's answer has, as a number that changes with them and not with their values."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from hashlib import sha256

from grace_workers.actions import HttpProbe, Name, Span
from grace_workers.checks.check import Check, Labels
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import PermanentError

_BYTES = 6
"""A double holds integers of six bytes exactly."""

_DEEPEST = 12
_SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+\S+(?:\s+-?\d+)?")
_LABEL = re.compile(r'([a-zA-Z_]\w*)="')


class AnswerSchemaParams(Document):
    """`path` begins with `/` and answers with JSON or with metrics in the text format of Prometheus."""

    path: Name = "/"
    timeout: Span = timedelta(seconds=2)


def schema_of(body: bytes) -> frozenset[str]:
    """Return the fields of an answer: of JSON each path with its type, of metrics each name with its labels.

    Raises:
        PermanentError: it is neither.
    """
    try:
        text = body.decode()
        return frozenset(_fields(json.loads(text), "", 0))
    except UnicodeDecodeError as error:
        raise PermanentError("the answer is no UTF-8 text; choose a path that answers with JSON or metrics") from error
    except (ValueError, RecursionError):
        return frozenset(_samples(text))


def probe(http: HttpProbe, params: AnswerSchemaParams) -> float:
    """Return the number. Raises PermanentError where there is no such answer."""
    told = "\n".join(sorted(schema_of(http.read(params.path, params.timeout))))
    return float(int.from_bytes(sha256(told.encode()).digest()[:_BYTES]))


def _fields(value: JsonValue, path: str, depth: int) -> Iterator[str]:
    # What is null has no type to tell.
    if value is None:
        return
    yield f"{path} {_kind(value)}"
    if depth == _DEEPEST:
        return
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _fields(one, f"{path}.{name}", depth + 1)
    elif isinstance(value, list):
        for one in value:
            yield from _fields(one, f"{path}[]", depth + 1)


def _kind(value: JsonValue) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "text"
        case list():
            return "list"
        case _:
            return "object"


def _samples(text: str) -> Iterator[str]:
    """Yield the samples of the text format of Prometheus. Raises PermanentError for any other text."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for line in lines:
        sample = _SAMPLE.fullmatch(line)
        if sample is None:
            raise PermanentError("the answer is neither JSON nor metrics; choose a path that answers with one of them")
        name, labels = sample.groups()
        yield f"{name} {' '.join(sorted(_LABEL.findall(labels or '')))}"


def _paths(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading of the path in the label `schema_path`; without it, none is taken."""
    return [{"path": labels["schema_path"]}] if "schema_path" in labels else []


DEFINITION = Check(
    name="answer_schema",
    summary="Which fields the answer of a path has, or which metrics: a number that changes when they do.",
    unit="",
    role=HttpProbe,
    params=AnswerSchemaParams,
    probe=probe,
    from_labels=_paths,
)
