"""The linters and type checkers that a repository may configure: how each is recognised, run and read. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from configparser import ConfigParser, Error
from dataclasses import dataclass
from typing import Any

from grace_workers.coding.foreign_text import read_json, read_toml

_PROJECT = "pyproject.toml"
_ROW = re.compile(r"(?P<file>[^:\n]+):\d+:(?:\d+:)? error: (?P<text>.*?)(?:  \[(?P<code>[a-z0-9-]+)\])?")

Texts = Mapping[str, str]
"""The files of a repository's root that may configure a tool, by name."""


@dataclass(frozen=True, slots=True)
class StaticComplaint:
    """What a tool says of a file. Numbers are left out, because lines move; so equal ones may be many."""

    file: str
    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}: {self.code} {self.text}".replace(":  ", ": ")


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticTool:
    """A tool, run as `python -m NAME`. `read` gives what it says by its output and the folder that it ran in.

    `endings` are the exit codes of a run that came to an end, whatever it found.
    """

    name: str
    configured: Callable[[Texts], bool]
    words: Callable[[Sequence[str], str], Sequence[str]]
    read: Callable[[str, str], Iterator[StaticComplaint]]
    endings: frozenset[int]


CONFIGURING = (_PROJECT, "setup.cfg", "ruff.toml", ".ruff.toml", "mypy.ini", ".mypy.ini")


def tools_of(texts: Texts) -> Sequence[StaticTool]:
    """Return the tools that a repository configures."""
    return [one for one in TOOLS if one.configured(texts)]


def _has_table(texts: Texts, name: str) -> bool:
    try:
        tools = read_toml(texts.get(_PROJECT, "")).get("tool", {})
    except ValueError:
        return False
    return isinstance(tools, dict) and name in tools


def _has_section(text: str, name: str) -> bool:
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except Error:
        return False
    return parser.has_section(name)


def _of_ruff(output: str, folder: str) -> Iterator[StaticComplaint]:
    said: Sequence[Mapping[str, Any]] = read_json(output or "[]")
    for one in said:
        file = str(one["filename"]).removeprefix(f"{folder}/")
        yield StaticComplaint(file, str(one.get("code") or "syntax"), _plain(str(one["message"])))


def _of_mypy(output: str, folder: str) -> Iterator[StaticComplaint]:
    for row in output.splitlines():
        found = _ROW.fullmatch(row)
        if found is not None:
            file = found["file"].removeprefix(f"{folder}/").removeprefix("./")
            yield StaticComplaint(file, found["code"] or "mypy", _plain(found["text"]))


def _plain(text: str) -> str:
    return re.sub(r"\d+", "N", " ".join(text.split()))[:200]


TOOLS = (
    StaticTool(
        name="ruff",
        configured=lambda texts: "ruff.toml" in texts or ".ruff.toml" in texts or _has_table(texts, "ruff"),
        words=lambda files, _scratch: ("check", "--no-cache", "--no-fix", "--output-format", "json", "--", *files),
        read=_of_ruff,
        endings=frozenset({0, 1}),
    ),
    StaticTool(
        name="mypy",
        configured=lambda texts: (
            "mypy.ini" in texts
            or ".mypy.ini" in texts
            or _has_table(texts, "mypy")
            or _has_section(texts.get("setup.cfg", ""), "mypy")
        ),
        words=lambda files, scratch: (
            "--no-error-summary", "--no-color-output", "--hide-error-context", "--show-error-codes", "--no-pretty",
            f"--cache-dir={scratch}", "--", *files,
        ),
        read=_of_mypy,
        endings=frozenset({0, 1}),
    ),
)  # fmt: skip
