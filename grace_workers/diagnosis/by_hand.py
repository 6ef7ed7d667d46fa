"""What a person does about a cause where no playbook acts or helps: steps in words, with commands safe to copy.

A command is a template over values from outside, such as an alert's labels. Each value is inserted as one quoted shell
word, or as a quoted part of one, so it can neither end the word nor begin another command.
"""

import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.template import names_in, resolve
from grace_workers.foundation.yaml_file import Objection, Place

LONGEST_VALUE = 200

_HOLE = "\x00"
_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}")
_ALONE = frozenset({"target", "incident.id"})
_SPACES = frozenset({"binding", "label", "signal"})
# A value there is itself a program to run, a part of one, or of the name of a file to write to.
_AS_PROGRAM = re.compile(
    r"(?:^|[|;&(!]|\b(?:command|env|exec|nice|nohup|sudo|time|timeout|xargs))(?:\s+(?:-\S+|\d\S*))*\s*\x00"
    r"|(?:^|[|;&(!])\s*(?:\.|source)\s+\x00"
    r"|\s-{1,2}(?:c|e|E|command|eval|exec)[\s=]+\x00"
    r"|>[|&]?\s*[^\s|;&<>()]*\x00"
)
# The shell computes with a value there, or takes it for the name of a variable, and a subscript in it may run commands.
_COMPUTED = re.compile(r"(?:\$?\(\(|\$\[|\$\{|\[\[)[^\n]*\x00|\b(?:printf|test)\s+-v\s+\x00|\[\s+-v\s+\x00")
# What these are given they read as shell once more, so quoting a value once does not keep it one word.
_SHELLS = frozenset(
    {"ash", "bash", "dash", "declare", "eval", "ksh", "let", "read", "sh", "ssh", "su", "trap", "typeset", "unset",
     "watch", "zsh"}
)  # fmt: skip


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("has a line break or an invisible character; write one line of shell")
    return text


Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]
Command = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=2, max_length=300), AfterValidator(_one_line)
]


class HandStep(Document):
    """One thing that a person does. `run` is one line of shell that does or shows it."""

    do: Words
    run: Command | None = None


class ByHand(Document):
    """What a person does about a cause, in this order.

    `because` says why no playbook may act on the cause. A cause that has a playbook has none: its steps are for when
    the playbook fails, is refused, or does not fit.
    """

    because: Words | None = None
    steps: tuple[HandStep, ...] = Field(min_length=1, max_length=12)

    def instructions(self, scope: Mapping[str, JsonValue]) -> "Sequence[Instruction]":
        """Return the steps with the values of `scope`, which maps whole names (`signal.pod`) to values.

        A value that is missing, long, begins with a dash or has invisible characters is left for the person to fill
        in: its name stands there in capitals.
        """
        return tuple(
            Instruction(
                do=_filled(step.do, scope, quoted=False),
                run=None if step.run is None else _filled(step.run, scope, quoted=True),
            )
            for step in self.steps
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """A step for a person, ready to read, and the command that is ready to copy."""

    do: str
    run: str | None


def object_to_by_hand(by_hand: ByHand, bindings: Collection[str]) -> Iterator[Objection]:
    """Yield every template that names nothing, and every command in which a value would not stay one word."""
    for index, step in enumerate(by_hand.steps):
        for field, text in (("do", step.do), ("run", step.run)):
            if text is not None:
                place: Place = ("by_hand", "steps", index, field)
                yield from _object_to_names(place, text, bindings)
        if step.run is not None:
            yield from _object_to_command(("by_hand", "steps", index, "run"), step.run)


def _object_to_names(place: Place, text: str, bindings: Collection[str]) -> Iterator[Objection]:
    try:
        names = list(names_in(text))
    except InputError as error:
        yield Objection(place, str(error))
        return
    for name in names:
        space, _, key = name.partition(".")
        if name not in _ALONE and (space not in _SPACES or not key):
            allowed = "{{ target }}, {{ incident.id }}, {{ binding.x }}, {{ label.x }} and {{ signal.x }}"
            yield Objection(place, f"names unknown {name!r}; known: {allowed}")
        elif space == "binding" and key not in bindings:
            known = ", ".join(sorted(bindings)) or "none"
            yield Objection(place, f"names unknown binding {key!r}; known: {known}")


def _object_to_command(place: Place, command: str) -> Iterator[Objection]:
    holed = _TEMPLATE.sub(_HOLE, command)
    try:
        words = shlex.split(holed)
    except ValueError as error:
        yield Objection(place, f"is no line of shell, because it has {str(error).casefold()}; close the quotation")
        return
    if _is_quoted(holed):
        yield Objection(place, "has a template between quotes, which ends them; the value is quoted when inserted")
    if _AS_PROGRAM.search(holed):
        yield Objection(place, "lets a value name the program to run or the file to write; write that name out")
    if _COMPUTED.search(holed):
        yield Objection(place, "lets the shell compute with a value, which may run commands in it; name it in `do`")
    first = next((at for at, word in enumerate(words) if _HOLE in word), len(words))
    again = next((word for word in words[:first] if word.rpartition("/")[2] in _SHELLS), None)
    if again is not None and first < len(words):
        yield Objection(place, f"{again} reads the value as shell once more; name the value before it, or in `do`")


def _is_quoted(text: str) -> bool:
    """Return whether a hole stands between quotes, or behind a backslash."""
    quote, escaped = "", False
    for letter in text:
        if letter == _HOLE and (quote or escaped):
            return True
        if escaped:
            escaped = False
        elif letter == "\\" and quote != "'":
            escaped = True
        elif letter in "'\"`" and quote in ("", letter):
            quote = "" if quote else letter
    return False


def _filled(text: str, scope: Mapping[str, JsonValue], *, quoted: bool) -> str:
    values = {name: _fit(scope.get(name)) for name in names_in(text)}
    shown = {
        name: _place_for(name) if value is None else shlex.quote(value) if quoted else value
        for name, value in values.items()
    }
    return str(resolve(text, dict(shown)))


def _fit(value: JsonValue) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value)
    plain = text.isprintable() and text == " ".join(text.split()) and not text.startswith("-")
    return text if plain and 0 < len(text) <= LONGEST_VALUE else None


def _place_for(name: str) -> str:
    return name.rpartition(".")[2].upper()
