"""Templates, and how values from outside become harmless text in them.

Every value passes `_shown`, which cuts long text and makes control and bidirectional characters visible instead of
effective; the template then escapes it. Nothing that a person typed or a program sent can become markup.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from grace_workers.entrypoints.dashboard import charts, wording
from grace_workers.entrypoints.dashboard.assets import assets
from grace_workers.entrypoints.dashboard.cards import TitledCells
from grace_workers.entrypoints.printable import lines, one_line

_LONGEST = 300
_LONGEST_BLOCK = 8_000
_LONGEST_PATCH = 20_000


def render(template: str, shown: Mapping[str, Any]) -> str:
    """Return a page."""
    return _environment().get_template(template).render(shown)


@cache
def _environment() -> Environment:
    folder = files("grace_workers.entrypoints.dashboard") / "templates"
    found = {one.name: one.read_text(encoding="utf-8") for one in folder.iterdir() if one.name.endswith(".html")}
    environment = Environment(
        loader=DictLoader(found),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
        auto_reload=False,
        extensions=[TitledCells],
    )
    environment.filters |= {
        "block": _block,
        "details": _details,
        "diff": _diff,
        "exact": _exact,
        "canonical": _canonical,
        "commands": commands,
        "words": wording.words,
        "span": wording.span,
        "figure": wording.figure,
        "percent": wording.percent,
        "tone": wording.tone,
        "mark": wording.mark,
        "ago": _ago,
        "until": _until,
        "cadence": wording.cadence,
        "between": wording.between,
    }
    environment.globals |= {"asset": _asset, "written": _written, "charts": charts}
    return environment


def _shown(value: Any) -> Any:
    """Return a value fit for a page: markup stays as it is, everything else becomes one bounded line."""
    if value is None:
        return "—"
    return value if isinstance(value, Markup | int | float) else _cut(one_line(str(value)[:_LONGEST_BLOCK]), _LONGEST)


def commands(value: str) -> Markup:
    """Return one line in which what stands between backticks is set as a command."""
    parts = str(_shown(value)).split("`")
    if len(parts) % 2 == 0:
        return Markup("{}").format("`".join(parts))
    plain, command = Markup("{}"), Markup("<code>{}</code>")
    return Markup("").join((command if at % 2 else plain).format(part) for at, part in enumerate(parts))


def _block(value: Any) -> Markup:
    """Return bounded text that keeps its line breaks."""
    return Markup("{}").format(_cut(lines(str(value)[:_LONGEST_BLOCK], margin=""), _LONGEST_BLOCK))


def _details(value: Any) -> Markup:
    """Return data as indented JSON, bounded."""
    return _block(json.dumps(value, indent=2, ensure_ascii=False, default=str)[:_LONGEST_BLOCK])


def _diff(value: Any) -> Markup:
    """Return a patch, bounded, with what it adds and what it removes marked."""
    text = _cut(lines(str(value)[:_LONGEST_PATCH], margin=""), _LONGEST_PATCH)
    return Markup("\n").join(_diff_line(one) for one in text.split("\n"))


def _diff_line(line: str) -> Markup:
    if line.startswith(("+++", "---", "@@", "diff ")):
        return Markup("<b>{}</b>").format(line)
    if line.startswith("+"):
        return Markup("<ins>{}</ins>").format(line)
    if line.startswith("-"):
        return Markup("<del>{}</del>").format(line)
    return Markup("{}").format(line)


def _exact(text: str) -> Markup:
    """Return text of the audit log for a script that hashes it: every character, escaped."""
    return Markup("{}").format(text)


def _canonical(value: Any) -> Markup:
    """Return data as the bytes that the audit log hashes: keys in order, no blanks."""
    return _exact(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… (cut)"


@pass_context
def _ago(context: Context, moment: str | None) -> Markup:
    """Return a time as its age; the script keeps it current."""
    return _time(context, moment, "ago", wording.ago)


@pass_context
def _until(context: Context, moment: str | None) -> Markup:
    """Return a time as the span until then."""
    return _time(context, moment, "until", wording.until)


def _time(context: Context, moment: str | None, kind: str, told: Any) -> Markup:
    if moment is None:
        return Markup("—")
    at = datetime.fromisoformat(moment)
    shown = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    return Markup('<time datetime="{}" title="{}" data-told="{}">{}</time>').format(
        at.isoformat(), shown, kind, told(at, context["now"])
    )


def _written(name: str) -> Markup:
    """Return a file of ours as a part of the page."""
    return Markup(assets()[name].body.decode())  # noqa: S704 - the file ships with the code


def _asset(name: str) -> str:
    return f"/dashboard/assets/{escape(assets()[name].address)}"
