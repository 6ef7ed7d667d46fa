"""`grace code explain`: what a name or a traceback of a repository is about, without changing or running anything."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grace_workers.entrypoints.cli.code_work import Budget, Repo, own_settings, workshop_with_model
from grace_workers.entrypoints.cli.options import AsJson, Config
from grace_workers.foundation.errors import InputError

if TYPE_CHECKING:
    from grace_workers.coding import CodingWork, KnownSkill

EXAMPLE = "Examples:  grace code explain shop.order.price    ·    grace code explain --traceback error.log"
_LARGEST = 65_536


def explain_code(
    subject: Annotated[
        str, typer.Argument(help="A file, FILE::NAME, a dotted name or the last part of one; or give --traceback.")
    ] = "",
    repo: Repo = Path(),
    traceback: Annotated[str, typer.Option(help="A file with an error as it was logged; - reads standard input.")] = "",
    budget: Budget = 60.0,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Say where it is defined, who calls it and what it calls, which tests reach it, who owns it and what changed.

    The last commit counts, and nothing of it is run. Only files that changed since the last question are read again.
    Where a language model is declared, it adds prose, which no one has checked. Exit 1 when nothing is meant.
    """
    from grace_workers.coding import Bench, undertake
    from grace_workers.entrypoints.cli.output import complain, show_json

    if bool(subject) == bool(traceback):
        raise InputError("name what to explain, or a traceback with --traceback, and only one of them")
    asked = {"subject": subject} if subject else {"traceback": _logged(traceback)}
    with workshop_with_model(config, repo, keeping=True) as (workshop, remarks):
        bench = Bench(
            workshop=workshop, repository=workshop.open_repository(repo.resolve()), command=(), seconds=budget,
            label="cli", knowledge=lambda text: _known(config, repo, text),
        )  # fmt: skip
        work = undertake("explain", asked, bench)
    if as_json:
        show_json(_plain(work, remarks))
    elif work.answer is not None:
        _tell(work.answer, (*remarks, *work.story))
    if work.answer is None:
        if work.reason is not None and not as_json:
            complain(f"not explained: {work.reason.message}")
        raise typer.Exit(1)


def _logged(name: str) -> str:
    if name == "-":
        return sys.stdin.read(_LARGEST)
    try:
        with Path(name).open(encoding="utf-8", errors="replace") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}; name a file with a traceback") from error


def _known(config: Path | None, repo: Path, text: str) -> Sequence["KnownSkill"]:
    """Return the causes that a text points to: the shipped ones, and those of settings that the code did not bring."""
    from grace_workers.bootstrap.catalogs import catalogs
    from grace_workers.bootstrap.definitions import cause_shelf
    from grace_workers.coding import hunted_source, related_causes
    from grace_workers.diagnosis import load_causes, shipped_causes
    from grace_workers.settings import load_settings

    if own_settings(config, repo):
        return related_causes(text, cause_shelf(load_settings(config), catalogs()).current())
    return related_causes(text, load_causes([shipped_causes()], catalogs().terms, hunted_source))


def _plain(work: "CodingWork", remarks: Sequence[str]) -> dict[str, Any]:
    reason = None if work.reason is None else work.reason.plain()
    return {"answer": work.answer, "story": [*remarks, *work.story], "reason": reason}


def _tell(answer: Mapping[str, Any], story: Sequence[str]) -> None:
    from grace_workers.entrypoints.cli.output import say

    say(f"{answer['place']}:{answer['first']}  {answer['kind']} {answer['signature']}")
    for line in (answer["about"], answer["error"]):
        if line:
            say(f"  {line}")
    for title, rows in _sections(answer):
        if rows:
            say(title)
        for row in rows:
            say(f"  {row}")
    for line in story:
        say(f"({line})")


def _sections(answer: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str]]]:
    yield "frames in this repository, the innermost first", answer["frames"]
    yield "defines", answer["defines"]
    yield "used by", [_use(one) for one in answer["callers"]]
    yield "uses", [_use(one) for one in answer["callees"]]
    yield f"tests that reach it: {answer['tests_found']}", answer["tests"]
    yield "owners of the file", [_owner(one) for one in answer["owners"]]
    yield "last changes of the file", [f"{one['id'][:12]} {one['subject']}" for one in answer["changes"]]
    yield "known problems that it resembles", [f"{one['name']}: {one['about']}" for one in answer["knowledge"]]
    prose = answer["prose"]
    if prose is not None:
        yield f"the language model {prose['model']} says, which no one has checked", prose["text"].splitlines()


def _use(one: Mapping[str, Any]) -> str:
    doubt = "" if one["sure"] else ", by the method's name only"
    return f"{one['place']} (line {one['line']}{'' if one['called'] else ', not called'}{doubt})"


def _owner(one: Mapping[str, Any]) -> str:
    last = datetime.fromtimestamp(one["last"], UTC)
    return f"{one['name']}: {one['share']:.0%} of the work, {one['commits']} commits, the last on {last:%Y-%m-%d}"
