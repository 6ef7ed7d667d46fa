"""Reading Protocol Buffers as JSON, by a schema of the needed fields, and never more values than a body may contain.

The format: https://protobuf.dev/programming-guides/encoding. Names and shapes are those of its JSON mapping. A library
would build every message of the body first: eight megabytes of empty ones take hundreds in memory.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from grace_workers.foundation.document import JsonValue
from grace_workers.signals.delivery import UnreadableError
from grace_workers.signals.limits import DEEPEST, MOST_VALUES

_VARINT, _FIXED64, _DELIMITED = 0, 1, 2
_LONGEST_VARINT = 10
_BITS = 64


class FieldKind(StrEnum):
    """The type of a field."""

    TEXT = "text"
    HEX = "hex"
    INTEGER = "integer"
    FLAG = "flag"
    FIXED = "fixed"
    FLOAT = "float"
    MESSAGE = "message"


_WIRE = {
    FieldKind.TEXT: _DELIMITED,
    FieldKind.HEX: _DELIMITED,
    FieldKind.MESSAGE: _DELIMITED,
    FieldKind.INTEGER: _VARINT,
    FieldKind.FLAG: _VARINT,
    FieldKind.FIXED: _FIXED64,
    FieldKind.FLOAT: _FIXED64,
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name in JSON, its type, its message type, and whether it may be repeated."""

    name: str
    kind: FieldKind = FieldKind.TEXT
    of: "Schema" = field(default_factory=dict)
    many: bool = False


Schema = Mapping[int, Field]


def read(body: bytes, schema: Schema) -> dict[str, JsonValue]:
    """Return the message in `body`; fields that the schema does not name are skipped.

    Raises:
        UnreadableError: it is not such a message, is too deep, or has too many values.
    """
    return _Reader(body).message(schema, len(body), 1)


class _Reader:
    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0
        self._left = MOST_VALUES

    def message(self, schema: Schema, end: int, depth: int) -> dict[str, JsonValue]:
        if depth > DEEPEST:
            raise UnreadableError(f"protobuf: nested deeper than {DEEPEST} levels; send it flatter")
        found: dict[str, JsonValue] = {}
        while self._at < end:
            self._left -= 1
            if self._left < 0:
                raise UnreadableError(f"protobuf: more than {MOST_VALUES} values; send several smaller bodies")
            tag = self._varint(end)
            wanted = schema.get(tag >> 3)
            if wanted is None or _WIRE[wanted.kind] != tag & 7:
                self._skip(tag & 7, end)
                continue
            value = self._value(wanted, end, depth)
            if wanted.many:
                held = found.setdefault(wanted.name, [])
                if isinstance(held, list):
                    held.append(value)
            else:
                found[wanted.name] = value
        return found

    def _value(self, wanted: Field, end: int, depth: int) -> JsonValue:
        match _WIRE[wanted.kind]:
            case 0:
                return self._number(wanted.kind, end)
            case 1:
                raw = self._fixed(8, end)
                number: float = struct.unpack("<d", raw)[0]
                return number if wanted.kind is FieldKind.FLOAT else str(int.from_bytes(raw, "little"))
            case _:
                length = self._length(end)
        if wanted.kind is FieldKind.MESSAGE:
            return self.message(wanted.of, self._at + length, depth + 1)
        raw = self._taken(length)
        return raw.hex() if wanted.kind is FieldKind.HEX else raw.decode(errors="replace")

    def _number(self, kind: FieldKind, end: int) -> JsonValue:
        number = self._varint(end)
        if kind is FieldKind.FLAG:
            return bool(number)
        return str(number - (1 << _BITS) if number >> (_BITS - 1) else number)

    def _varint(self, end: int) -> int:
        value = 0
        for step in range(_LONGEST_VARINT):
            if self._at >= end:
                break
            byte = self._body[self._at]
            self._at += 1
            value |= (byte & 0x7F) << (7 * step)
            if byte < 0x80:  # noqa: PLR2004 - the bit that says that more bytes follow
                return value & ((1 << _BITS) - 1)
        raise UnreadableError("protobuf: a number is too long or cut off")

    def _length(self, end: int) -> int:
        length = self._varint(end)
        if length > end - self._at:
            raise UnreadableError("protobuf: a field is longer than what holds it; the body is cut off")
        return length

    def _taken(self, length: int) -> bytes:
        begin, self._at = self._at, self._at + length
        return self._body[begin : self._at]

    def _fixed(self, length: int, end: int) -> bytes:
        if length > end - self._at:
            raise UnreadableError("protobuf: a number is cut off")
        return self._taken(length)

    def _skip(self, wire: int, end: int) -> None:
        match wire:
            case 0:
                self._varint(end)
            case 1:
                self._fixed(8, end)
            case 2:
                self._taken(self._length(end))
            case 5:
                self._fixed(4, end)
            case _:
                raise UnreadableError(f"protobuf: wire type {wire} is not of this format")
