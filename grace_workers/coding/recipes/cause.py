"""`cause`: a problem of yours that Grace recognises from then on, by words of a log or names of alerts."""

from typing import Annotated, Any, Self

import yaml
from pydantic import Field, StringConstraints, model_validator

from grace_workers.coding.reason import Reason
from grace_workers.coding.recipes.recipe import Recipe, RecipeFiles, Site
from grace_workers.coding.task import TaskType
from grace_workers.foundation.document import Document

_TESTS = """from pathlib import Path

from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.coding import hunted_source
from grace_workers.diagnosis import lint_causes, load_causes

FILE = Path(__file__).parent.parent / "{file}"


def test_its_examples_are_recognised_and_its_counterexamples_are_not():
    assert lint_causes(FILE, catalogs().terms, hunted_source) == []


def test_it_is_read_with_its_folder():
    assert load_causes([FILE.parent], catalogs().terms, hunted_source)["{name}"].name == "{name}"
"""
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,60}$")]
Folder = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", max_length=200)]
Row = Annotated[str, StringConstraints(min_length=3, max_length=300, pattern=r"^[^\x00-\x1f\x7f]+$")]


class CauseOptions(Document):
    """A problem by phrases that its log lines contain, whole names of its alerts, or both.

    `log` is a line that shows it; `unlike` are lines that must not be taken for it.
    """

    name: Name
    summary: Row
    words: tuple[Row, ...] = Field(default=(), max_length=20)
    alerts: tuple[Row, ...] = Field(default=(), max_length=20)
    log: Row | None = None
    unlike: tuple[Row, ...] = Field(default=(), max_length=10)
    shown_by: Name | None = Field(default=None, description="a check that reads 0 while the problem is there")
    roles: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{1,60}$")], ...] = ("Restartable",)
    folder: Folder = "causes"

    @model_validator(mode="after")
    def _is_shown(self) -> Self:
        if not self.alerts and self.log is None:
            raise ValueError("name `alerts`, or give a `log` line with `words` that it contains")
        if self.log is not None and not self.words:
            raise ValueError("a `log` line needs `words` that it contains")
        return self


def _write(options: CauseOptions, site: Site) -> RecipeFiles | Reason:
    file = f"{options.folder}/{options.name}.yaml"
    text = yaml.safe_dump(_cause(options), sort_keys=False, allow_unicode=True, width=110)
    return RecipeFiles(
        new={file: text},
        tests={site.test_file(f"cause_{options.name}"): _TESTS.format(file=file, name=options.name)},
        subject=f"Recognise {options.name}",
        story=(
            f"{file} names what shows {options.name}; its examples are recognised as that",
            "it has no measure, so a plan for it always asks a person; add `measures` where a check can show it"
            if options.shown_by is None
            else f"{options.shown_by} shows it where it reads 0",
            "name its folder under `causes` in grace.yaml, and write a playbook for it",
        ),
    )


def _cause(options: CauseOptions) -> dict[str, Any]:
    examples: list[dict[str, Any]] = [{"signal": {"name": one}} for one in options.alerts]
    examples += [] if options.log is None else [{"log": options.log}]
    made: dict[str, Any] = {"name": options.name, "summary": options.summary, "roles": list(options.roles)}
    if options.alerts:
        made["symptoms"] = {"alerts": list(options.alerts)}
    if options.words:
        made["words"] = list(options.words)
    if options.shown_by is not None:
        made["measures"] = [{"check": options.shown_by, "at_most": 0, "means": "while this problem is there"}]
    made["examples"] = examples
    if options.unlike:
        made["counterexamples"] = [{"log": one} for one in options.unlike]
    return made


DEFINITION = Recipe(
    name="cause",
    about="a problem of yours that is recognised by words of a log or names of alerts",
    task=TaskType.EXTEND,
    options=CauseOptions,
    write=_write,
)
