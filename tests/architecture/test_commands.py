"""A message or page that tells people to run `grace …` uses an existing command, subcommand and options."""

import ast
import re
from collections import defaultdict
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.main import get_command

from grace_workers.entrypoints.cli.program import COMMANDS
from tests.architecture.house import ROOT, product

SPOKEN = re.compile(r"`grace ([a-z][^`|{…]*)`")
SHELL = re.compile(r"^(?:\.venv/bin/)?grace ([a-z].*)$", re.MULTILINE)
ANYWHERE = {"--help", "-h", "--install-completion", "--show-completion"}


def test_every_command_that_people_are_told_to_run_is_there():
    told = [(source.place, words) for source in product() for words in SPOKEN.findall(source.text)]
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        text = page.read_text(encoding="utf-8")
        told += [(page.name, words) for words in [*SPOKEN.findall(text), *SHELL.findall(text)]]
    assert len(told) > len(COMMANDS)
    assert [(place, words) for place, words in told if not _is_there(words)] == []


def test_every_command_is_in_the_reference():
    page = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    told: dict[str, str] = defaultdict(str)
    for row in page.splitlines():
        for name in re.findall(r"`grace ([a-z-]+)", row):
            told[name] += row
    assert set(COMMANDS) - told.keys() == set()
    inner = [(name, one) for name in COMMANDS for one in getattr(_command(name), "commands", ())]
    assert [f"{name} {one}" for name, one in inner if not re.search(rf"[` ]{one}[` ]", told[name])] == []


def test_no_option_is_written_twice():
    written: dict[str, set[str]] = defaultdict(set)
    for source in product():
        for node in ast.walk(source.tree) if "/cli/" in source.place else ():
            if isinstance(node, ast.Subscript) and "typer." in (text := ast.unparse(node)) and "help=" in text:
                written[text].add(source.place)
    assert len(written) > len(COMMANDS)
    assert {text: places for text, places in written.items() if len(places) > 1} == {}


def _is_there(words: str) -> bool:
    name, *rest = re.split(r"[#>&]", words)[0].split()
    if name not in COMMANDS:
        return False
    command = _command(name)
    inner = getattr(command, "commands", {})
    if rest and inner:
        if rest[0] not in inner:
            return rest[0].startswith("-") and rest[0] in ANYWHERE
        command = inner[rest[0]]
    if "--" in rest:
        rest = rest[: rest.index("--")]  # what follows is for another program
    known = {option for param in command.params for option in param.opts} | ANYWHERE
    return {word.split("=")[0] for word in rest if re.match(r"--?[a-z]", word)} <= known


@cache
def _command(name: str) -> Any:
    module, attribute, _ = COMMANDS[name]
    app: typer.Typer = getattr(import_module(module), attribute)
    return get_command(app)
