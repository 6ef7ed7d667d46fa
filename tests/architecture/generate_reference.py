"""The reference pages, generated from settings, catalogs and playbooks: `make docs` writes them, a test compares."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel

from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.checks import EVERY_KIND
from grace_workers.diagnosis import load_causes, shipped_causes
from grace_workers.foundation.secret import Secret
from grace_workers.orchestration.diagnosing import declared_diagnostics
from grace_workers.orchestration.work.catalog import declared_jobs
from grace_workers.orchestration.work.definition import JobDefinition
from grace_workers.playbooks import Param, Playbook, load_directories, schema_text
from grace_workers.settings import Settings, shipped
from tests.architecture.api_document import digest_of, document_of
from tests.architecture.field_words import default_of, group_of, keys_of, params_of, prose_of, shown, type_of, unit_of
from tests.architecture.markdown import page as _page
from tests.architecture.markdown import table as _table
from tests.architecture.markdown import title as _title
from tests.architecture.sources_page import sources_page

FOLDER = Path(__file__).parent.parent.parent / "docs" / "reference"


def pages() -> Mapping[str, str]:
    """Return every page by its file name."""
    known = catalogs()
    return {
        "settings.md": settings_page(),
        "targets.md": targets_page(known),
        "primitives.md": primitives_page(known.primitives),
        "checks.md": checks_page(known.checks),
        "causes.md": causes_page(known),
        "triggers.md": triggers_page(known.triggers),
        "sources.md": sources_page(known.sources),
        "engines.md": plain_page("Diagnosis engines", "An engine turns findings into hypotheses.", known.engines),
        "diagnostics.md": plain_page(
            "Diagnostics",
            "A diagnostic is one thing to look at when a target is diagnosed, by `grace diagnose` or because a person "
            "is asked about an incident. It only reads; [diagnose a target](../how-to/diagnose-a-target.md) says how.",
            declared_diagnostics(),
        ),
        "jobs.md": jobs_page(),
        "gates.md": plain_page(
            "Gates",
            "A gate is one rule of governance: it allows, asks or refuses. Every gate is heard and the strictest "
            "answer wins; [governance](../explanation/governance.md) says how.",
            known.gates,
        ),
        "playbooks.md": playbooks_page(known),
        "playbook.schema.json": schema_text(),
        "openapi.json": document_of(known.sources),
    }


def settings_page() -> str:
    """Return the page of all settings."""
    intro = (
        "Settings come from `grace.yaml`, or the file that `GRACE_CONFIG` or `--config` names, and from the "
        "environment, which wins. "
        "A key inside a group is joined by two underscores in the environment. Unknown keys are refused. "
        "Spans of time are ISO 8601 (`PT30S`) or seconds."
    )
    alone = {name: field for name, field in Settings.model_fields.items() if group_of(field) is None}
    parts = [
        _title("Settings", intro),
        _table(("Key", "In the environment", "Type", "Default"), keys_of(alone, "", "GRACE_")),
    ]
    for name, field in Settings.model_fields.items():
        group = group_of(field)
        if group is None:
            continue
        many = get_origin(field.annotation) is tuple
        rows = keys_of(group.model_fields, "" if many else f"{name}.", "" if many else f"GRACE_{name.upper()}__")
        heading = f"## `{name}`{', a list' if many else ''}"
        columns = ("Key", "Type", "Default") if many else ("Key", "In the environment", "Type", "Default")
        parts += [
            f"{heading}\n\n{prose_of(group)}",
            _table(columns, [row if not many else (row[0], *row[2:]) for row in rows]),
        ]
    return _page(parts)


def targets_page(known: Any) -> str:
    """Return the page of the kinds of targets: what a connection may say, and what such a target can do."""
    intro = (
        "A target is something that Grace may act on. `grace.yaml` declares it with its kind, its owner and its "
        "`connection`; [the settings](settings.md#targets-a-list) name what else it may say. The kind decides what "
        "the connection says and which roles the target plays; primitives and checks speak to roles. Unknown options "
        "are refused. Spans of time are ISO 8601 (`PT30S`) or seconds. A text or secret stands there as it is, or is "
        "kept elsewhere: `{env: NAME}` takes it from Grace's environment, `{file: PATH}` from a file that only its "
        "owner may change. [Add a driver](../how-to/add-a-driver.md) says how to teach Grace another kind."
    )
    parts = [_title("Targets", intro)]
    for one in known.drivers:
        parts.append(f"## `{one.kind}`\n\n{prose_of(one.connection)}")
        if one.extra:
            parts.append(f"It needs the extra `{one.extra}`: `pip install 'grace-workers[{one.extra}]'`.")
        columns = ("Option", "Type", "Unit", "Default", "Meaning")
        parts += [_table(columns, [*_options(one.connection, "")]), _roles(one, known)]
        parts.append(f"```yaml\n{one.example.strip()}\n```")
    return _page(parts)


def _options(model: type[BaseModel], prefix: str) -> Iterator[Sequence[object]]:
    for name, field in model.model_fields.items():
        inner = group_of(field)
        group = inner is not None and inner is not Secret
        kind = "mapping" if group else type_of(field)
        yield f"`{prefix}{name}`", kind, unit_of(field), default_of(name, field), field.description
        if group:
            yield from _options(inner, f"{prefix}{name}.")


def _roles(driver: Any, known: Any) -> str:
    plays = [*((role, "always") for role in driver.roles), *((role, f"`{at}`") for role, at in driver.optional.items())]
    rows = [
        (
            f"`{role.__name__}`",
            brought,
            _links("primitives.md", (one.name for one in known.primitives if one.role is role)),
            _links("checks.md", (one.name for one in known.checks if one.role is role)),
        )
        for role, brought in plays
    ]
    return _table(("Role", "Brought by", "Primitives", "Checks"), rows)


def _links(page: str, names: Iterable[str]) -> str:
    return ", ".join(f"[`{name}`]({page}#{name})" for name in names) or "none yet"


def primitives_page(primitives: Any) -> str:
    """Return the page of all primitives."""
    intro = "A primitive is a kind of action the fleet can take. Risk is the base of a plan's risk score, 0 to 1."
    tried = _links("", (one.name for one in primitives if one.tried_on))
    intro += f" A step that cannot be undone proves itself on a copy first where there can be one: {tried}."
    parts = [_title("Primitives", intro)]
    for one in primitives:
        facts = [
            ("Role", f"`{one.role.__name__}`"),
            ("Aspect", one.aspect),
            ("Risk", one.risk),
            ("A second run", one.repeat),
            ("Reversibility", one.reversibility),
            ("Touches at worst", f"{one.worst.unit}: {one.worst.count:,}; {one.worst.share:.0%} of the target"),
        ]
        if one.irreversible:
            facts.append(("Not restored", one.irreversible))
        if one.tried_on:
            facts.append(("Tried first on", one.tried_on))
        parts += [f"## `{one.name}`\n\n{one.summary}", _table(("Fact", "Value"), facts), params_of(one.params)]
    return _page(parts)


def checks_page(checks: Any) -> str:
    """Return the page of all checks."""
    intro = (
        "A check reads a number, or a list of facts, from one role of a target. Expectations, triggers and the "
        "measures of causes use numbers; rules use facts. Diagnosis takes a reading of every target of the kinds for "
        "which the check is evidence."
    )
    parts = [_title("Checks", intro)]
    for one in checks:
        read = "a list of facts" if one.unit is None else f"a number, in {one.unit or 'plain numbers'}"
        kinds = ", ".join(f"`{kind}`" for kind in one.evidence_for) or "no target"
        kinds = "every target that plays the role" if one.evidence_for == EVERY_KIND else kinds
        facts = [("Role", f"`{one.role.__name__}`"), ("Reads", read), ("Evidence for", kinds)]
        parts += [f"## `{one.name}`\n\n{one.summary}", _table(("Fact", "Value"), facts), params_of(one.params)]
    return _page(parts)


def causes_page(known: Any) -> str:
    """Return the page of the shipped causes and of the rules."""
    intro = (
        "The shipped causes, one file each. Put your own into the folders that the setting `causes` names: "
        "[teach it a new problem](../how-to/add-a-cause.md). A signal "
        "stands for a cause by its name or by words in it; readings show the cause or refute it. A target's label "
        "`<check>_bound` sets its own bound."
    )
    parts = [_title("Causes", intro)]
    for one in load_causes([shipped_causes()], known.terms):
        names = (*one.symptoms.alerts, *one.symptoms.triggers, *one.symptoms.exceptions)
        labels = (f"`{key}` is {' or '.join(values)}" for key, values in one.symptoms.labels.items())
        facts = [
            ("Category", one.category.value if one.category else "none"),
            ("Of", " or ".join(f"`{kind}`" for kind in (*one.kinds, *one.roles)) or "the reporting target"),
            ("Signals named", ", ".join(f"`{name}`" for name in names) or "none"),
            ("Labels", "; ".join(labels) or "none"),
            ("Words", ", ".join(f"*{word}*" for word in one.words) or "none"),
            ("Holds while", " and ".join(_measure(measure) for measure in one.measures) or "no reading can show it"),
        ]
        facts += [("General", "yes: every cause that is not general explains it")] if one.general else []
        facts += [("Depends on the settings", ", ".join(f"*{name}*" for name in one.settings))] if one.settings else []
        facts += [("Leads to", ", ".join(f"[`{name}`](#{name})" for name in one.leads_to))] if one.leads_to else []
        facts += [(f"Binds `{name}`", f"from `{origin}`") for name, origin in one.bindings.items()]
        facts += [(f"Rule `{rule.name}`", rule.summary) for rule in known.rules if rule.cause == one.name]
        parts.append(f"## `{one.name}`\n\n{one.summary}\n\n{_table(('Fact', 'Value'), facts)}")
        parts += [*_by_hand(one.by_hand)]
    return _page(parts)


def _by_hand(said: Any) -> Iterator[str]:
    if said is None:
        return
    yield f"No playbook acts on it. {said.because} By hand:" if said.because else "By hand, where no playbook helps:"
    yield "\n".join(
        f"{number}. {step.do}" + (f"\n   `{step.run}`" if step.run else "") for number, step in enumerate(said.steps, 1)
    )


def _measure(measure: Any) -> str:
    sign, bound = ("≥", measure.at_least) if measure.at_most is None else ("≤", measure.at_most)
    where = " of a target around" if measure.near else ""
    says = "" if measure.says == "proposes" else f" ({measure.says})"
    return f"[`{measure.check}`](checks.md#{measure.check}){where} {sign} {bound:,.10g}{says}"


def triggers_page(triggers: Any) -> str:
    """Return the page of all triggers."""
    rows = [
        (
            f"`{one.name}`",
            one.summary,
            one.severity,
            ", ".join(f"`{name}` ({bound:g})" for name, bound in one.checks.items()),
        )
        for one in triggers
    ]
    intro = (
        "A trigger looks at readings of a target, and says when something happened. Behind each check stands its bound."
    )
    return _page([_title("Triggers", intro), _table(("Name", "What it sees", "Severity", "Checks"), rows)])


def _only_with(job: JobDefinition) -> str:
    return "" if job.only_with is None else f", if `{job.only_with}` is set"


def jobs_page() -> str:
    """Return the page of all jobs."""
    intro = (
        "A job is a durable unit of work. A cycle is a job with a cadence, which the setting `cycles: {name: cadence}` "
        "changes. "
        "An attempt that takes longer than its time limit loses its claim and is made again. "
        "[Add a cycle](../how-to/add-a-cycle.md) and [add a job](../contributing/add-a-job.md) say how to write one."
    )
    rows = [
        (
            f"`{one.address}`",
            one.summary,
            ", ".join(one.pools),
            "" if one.cadence is None else f"`{one.rhythm}`: {shown(one.cadence)}{_only_with(one)}",
            one.attempts,
            shown(one.time_limit),
            ", ".join(filter(None, ("operators" if one.orderable else "", "applications" if one.submittable else ""))),
        )
        for one in sorted(declared_jobs(), key=lambda one: one.address)
    ]
    columns = ("Name", "What it does", "Pools", "Cadence", "Attempts", "Time limit", "Started by name by")
    return _page([_title("Jobs", intro), _table(columns, rows)])


def plain_page(title: str, intro: str, catalog: Any) -> str:
    """Return the page of definitions that have only a name and a summary."""
    rows = [(f"`{one.name}`", one.summary) for one in catalog]
    return _page([_title(title, intro), _table(("Name", "What it does"), rows)])


def playbooks_page(known: Any) -> str:
    """Return the page of the shipped playbooks."""
    intro = (
        "The playbooks that ship. Your own stand in the folders that the setting `playbooks` names; "
        "[write a playbook](../how-to/write-a-playbook.md) says how, and [the schema](playbook.schema.json) what fits."
    )
    parts = [_title("Playbooks", intro)]
    for one in load_directories([shipped("playbooks")], known.primitives, known.checks):
        for_what = ", ".join(f"`{cause}`" for cause in one.when.causes)
        steps = ", ".join(f"[`{step.primitive}`](primitives.md#{step.primitive})" for step in one.steps)
        met = ", ".join(f"[`{kept.check}`](checks.md#{kept.check})" for kept in one.expectations)
        facts = [("For", for_what), ("Aspect", one.aspect), ("Does", steps), ("Then looks at", met)]
        parts.append(f"## `{one.name}`\n\n{one.description}\n\n{_table(('Fact', 'Value'), facts)}")
        parts += [_table(("Param", "Meaning", "Default"), _playbook_params(one))] if one.params else []
    return _page(parts)


def _playbook_params(playbook: Playbook) -> list[Sequence[object]]:
    return [(f"`{name}`", param.description, _value_of(param)) for name, param in playbook.params.items()]


def _value_of(param: Param) -> str:
    """Return where a param's value comes from if no one gives one."""
    own = [f"the label `{param.label}`"] if param.label else []
    own += [f"`{param.default}`"] if param.default is not None else []
    return ", else ".join(own) or ("required" if param.required else "none")


def stale() -> Iterator[str]:
    """Yield the names of pages that are not current."""
    for name, text in pages().items():
        path = FOLDER / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            yield name


def main() -> None:
    """Write every page that is not current, and print its name."""
    made = pages()
    for name in list(stale()):
        (FOLDER / name).write_text(made[name], encoding="utf-8")
        sys.stdout.write(f"wrote docs/reference/{name}\n")
        if name == "openapi.json":
            digest = digest_of(made[name])
            sys.stdout.write(f"the API has changed: say how in CHANGELOG.md under `### HTTP API`, with `{digest}`\n")


if __name__ == "__main__":
    main()
