"""What the commands of `grace code` that work here share: the task in a checkout, its branch, and what is printed."""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grace_workers.entrypoints.cli.output import complain, say
from grace_workers.foundation.errors import InputError

if TYPE_CHECKING:
    from grace_workers.coding import CodingWork, Workshop

Repo = Annotated[Path, typer.Option(help="The root of a Git repository without uncommitted changes.")]
Python = Annotated[Path | None, typer.Option(help="The interpreter with pytest and the repository's dependencies.")]
Pytest = Annotated[list[str] | None, typer.Option(help="Argument of pytest, as --pytest=-q; can be repeated.")]
Budget = Annotated[float, typer.Option(min=5, max=3600, help="Seconds that it may take.")]
OnlyPrint = Annotated[bool, typer.Option(help="Print the change and commit nothing.")]
_SHORT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTask:
    """A task over a checkout, and what is called after its kind: the branch, unless `branch` names one."""

    kind: str
    arguments: Mapping[str, Any]
    repo: Path
    command: Sequence[str]
    seconds: float
    branch: str | None = None
    commits: bool = True


def done(task: LocalTask, workshop: "Workshop", word: str) -> tuple["CodingWork", str]:
    """Return the work, and the name of the branch that holds it, `grace/WORD-...`; empty if there is none."""
    from grace_workers.coding import Bench, CodingWork, Reason, opened_clean, undertake

    repository = opened_clean(workshop, task.repo.resolve())
    if isinstance(repository, Reason):
        return CodingWork(reason=repository), ""
    bench = Bench(workshop=workshop, repository=repository, command=task.command, seconds=task.seconds, label="cli")
    work = undertake(task.kind, task.arguments, bench)
    if not work.files or not task.commits:
        return work, ""
    digest = sha256(b"".join(work.files[name] for name in sorted(work.files))).hexdigest()[:_SHORT]
    name = task.branch or f"grace/{word}-{digest}"
    message = f"{work.subject}\n\n" + "\n".join(work.story) + "\n"
    repository.commit(dict(work.files), branch=name, message=message)
    return work, name


def told(work: "CodingWork", branch: str) -> dict[str, Any]:
    """Return what `--json` shows of any work."""
    from grace_workers.coding import patch_of

    return {
        "files": sorted(work.files),
        "story": work.story,
        "level": work.level.value,
        "diff": patch_of(work),
        "branch": branch or None,
        "reason": None if work.reason is None else work.reason.plain(),
    }


def tell(work: "CodingWork", branch: str, refusal: str) -> None:
    """Print the story, the change, and why there is none or where it is."""
    from grace_workers.coding import patch_of

    for line in work.story:
        say(f"  {line}")
    for line in patch_of(work).splitlines():
        say(line)
    if work.reason is not None:
        complain(f"{refusal}: {work.reason.message}")
    if branch:
        say(f"branch {branch}; look at it with: git show {branch}")


def finish(work: "CodingWork", branch: str, refusal: str, *, as_json: bool) -> None:
    """Print what came of the work, and exit with 1 if nothing did."""
    from grace_workers.entrypoints.cli.output import show_json

    if as_json:
        show_json(told(work, branch))
    else:
        tell(work, branch, refusal)
    if not work.files:
        raise typer.Exit(1)


def options_of(words: Sequence[str]) -> dict[str, Any]:
    """Return options; a value that reads as JSON's number, bool, list or object is one."""
    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise InputError(f"option {word!r} is not NAME=VALUE; write it so")
        plain = value.isdecimal() or value in {"true", "false"} or value.startswith(("[", "{"))
        try:
            found[name] = json.loads(value) if plain else value
        except ValueError as error:
            raise InputError(
                f"option {name!r} is no list or object of JSON: {error}; write it as {name}=[...] or {name}={{...}}"
            ) from error
    return found


def interpreter_of(repo: Path, given: Path | None) -> Path:
    """Return the given interpreter, that of the repository's `.venv`, or the first on the path."""
    own = repo / ".venv" / "bin" / "python"
    found = given or (own if own.exists() else Path(shutil.which("python3") or sys.executable))
    if not found.exists():
        raise InputError(f"there is no interpreter at {found}; name one with --python")
    # A virtual environment is identified by the path of its link, so the link is not resolved.
    return found if found.is_absolute() else Path.cwd() / found


def lies_in(settings: Path, repo: Path) -> bool:
    """Return whether a file is in the repository, or a link to it is: that, too, is what the code's author chose."""
    here = settings.parent.resolve() / settings.name
    return here.is_file() and any(one.is_relative_to(repo.resolve()) for one in (here, here.resolve()))


def own_settings(config: Path | None, repo: Path) -> bool:
    """Return whether the settings are the user's own: named, or not brought by the code."""
    return config is not None or "GRACE_CONFIG" in os.environ or not lies_in(Path("grace.yaml"), repo)


@contextmanager
def workshop_with_model(
    config: Path | None, repo: Path, *, keeping: bool = False
) -> Iterator[tuple["Workshop", Sequence[str]]]:
    """Give a workshop with the declared language model, within the fleet's limits of a day, or say why without.

    With `keeping`, the index of the code is kept in this user's cache.

    Settings that lie in the repository and were not named are not followed: whoever wrote the code could send it, and
    the key of this machine, to an address of theirs.
    """
    from grace_workers.bootstrap.coding import open_workshop
    from grace_workers.bootstrap.runtime import open_runtime
    from grace_workers.orchestration.work.model_use import within_the_day
    from grace_workers.settings import load_settings, own_indexes

    indexes = own_indexes() if keeping else None
    if not own_settings(config, repo):
        why = "no language model is asked: grace.yaml lies in the repository; name it with --config"
        yield open_workshop(indexes=indexes), [why]
        return
    settings = load_settings(config)
    if settings.model.url is None:
        yield open_workshop(indexes=indexes), []
        return
    try:
        runtime = open_runtime(settings, application="grace-code")
    except InputError as error:
        where = "its limits of a day are kept in the fleet's database"
        yield (
            open_workshop(indexes=indexes),
            [f"the language model {settings.model.name} is not asked, because {where}: {error}"],
        )
        return
    try:
        yield within_the_day(runtime.workshop(), runtime.ledger, runtime.clock), []
    finally:
        runtime.close()
