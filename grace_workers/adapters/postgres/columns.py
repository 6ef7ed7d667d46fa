"""Frozen dataclasses as rows: a column for each field, written and read by the field's type."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Generic, NewType, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from grace_workers.adapters.postgres.statement import json_text
from grace_workers.foundation.document import JsonValue

T = TypeVar("T")
Convert = Callable[[Any], Any]

_ARRAYS = {tuple, Sequence}
_IN_SQL = {UUID: "uuid", datetime: "timestamptz", int: "bigint", float: "float8", bool: "boolean"}


class Columns(Generic[T]):
    """The columns of a table that hold the fields of `kind`, in their order. As text: what a SELECT lists.

    `table` is the table's alias. A field that is not stored under its own name is read as `renamed` says, in SQL.
    Fields `without` a column are passed to `read`. Enums are stored by value, mappings as JSON, tuples as arrays.
    """

    def __init__(self, kind: type[T], table: str = "", *, without: Collection[str] = (), **renamed: str) -> None:
        shape: Any = kind
        hints = {name: _plain(hint) for name, hint in get_type_hints(kind).items()}
        self.names = tuple(field.name for field in fields(shape) if field.name not in without)
        self.marks = ", ".join(f"%({name})s::json" if _is_json(hints[name]) else f"%({name})s" for name in self.names)
        self._hints = {name: hints[name] for name in self.names}
        self._kind = kind
        self._text = ", ".join(renamed.get(name, f"{table}.{name}" if table else name) for name in self.names)
        self._reads = [(name, read) for name in self.names if (read := _reader(hints[name])) is not None]
        self._parses = [(name, parse) for name in self.names if (parse := _parser(hints[name])) is not None]
        self._writes = [(name, write) for name in self.names if (write := _writer(hints[name])) is not None]
        self._stored = attrgetter(*self.names)

    def __str__(self) -> str:
        return self._text

    def read(self, row: Sequence[Any], **others: Any) -> T:
        """Return the value of a row that begins with these columns. `others` are the fields without one."""
        return self._made(row, self._reads, others)

    def parse(self, row: Sequence[Any]) -> T:
        """Do the same with a row that came as a JSON array."""
        return self._made(row, self._parses, {})

    def values(self, value: T) -> dict[str, Any]:
        """Return the parameters of a statement that stores `value`."""
        found = dict(zip(self.names, self._stored(value), strict=True))
        for name, write in self._writes:
            if found[name] is not None:
                found[name] = write(found[name])
        return found

    def rows(self, **others: str) -> str:
        """Return the SELECT of the rows to insert that `run_all` passes as columns, in their order.

        `others` are further columns by name, with their types in SQL. A type without a form here, such as an array,
        raises KeyError.
        """
        kinds = {name: "json" if _is_json(hint) else _in_sql(hint) for name, hint in self._hints.items()} | others
        names = ", ".join(f"{name}::json" if kind == "json" else name for name, kind in kinds.items())
        given = ", ".join(f"%({name})s::{'text' if kind == 'json' else kind}[]" for name, kind in kinds.items())
        listed = f"unnest({given}) WITH ORDINALITY AS r ({', '.join(kinds)}, number)"
        return f"SELECT {names} FROM {listed} ORDER BY number"  # noqa: S608 - names of fields

    def _made(self, row: Sequence[Any], converts: Sequence[tuple[str, Convert]], others: Mapping[str, Any]) -> T:
        found = dict(zip(self.names, row, strict=False))
        for name, convert in converts:
            if found[name] is not None:
                found[name] = convert(found[name])
        return self._kind(**found, **others)


def _plain(hint: Any) -> Any:
    """Return the underlying type of a hint: without `| None`, and below any `NewType`."""
    while isinstance(hint, NewType):
        hint = hint.__supertype__
    if hint is not JsonValue and get_origin(hint) in {Union, UnionType}:
        (hint,) = (_plain(part) for part in get_args(hint) if part is not NoneType)
    return hint


def _in_sql(hint: Any) -> str:
    return "text" if isinstance(hint, type) and issubclass(hint, str | Enum) else _IN_SQL[hint]


def _is_json(hint: Any) -> bool:
    return hint is JsonValue or get_origin(hint) is Mapping or get_origin(hint) is dict


def _reader(hint: Any) -> Convert | None:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if get_origin(hint) in _ARRAYS:
        item: Any = _plain(get_args(hint)[0])
        nested = is_dataclass(item)
        return (lambda rows: tuple(item(**row) for row in rows)) if nested else tuple
    return None


def _parser(hint: Any) -> Convert | None:
    if hint is UUID:
        return UUID
    return datetime.fromisoformat if hint is datetime else _reader(hint)


def _writer(hint: Any) -> Convert | None:
    if _is_json(hint):
        return json_text
    if isinstance(hint, type) and issubclass(hint, Enum):
        return lambda value: value.value
    return list if get_origin(hint) in _ARRAYS else None
