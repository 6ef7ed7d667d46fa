"""Feature flags that may be switched without a second person.

The flag to blame is read from error lines, and a stranger whose words a service logs can write a flag's name there. The
errors then stop when the stranger does, so verification finds nothing wrong. A person who names a flag may be mistaken,
or mean harm. So the flags for which one report is enough are declared: the flag store's label `switchable` lists them,
separated by commas, as `flag` or, if only that variant may be switched to, as `flag=variant`; `*=variant` lists that
variant of every flag. So the fleet's own flags, which are the causes that it learned, may be switched off.
"""

from collections.abc import Iterator

from grace_workers.governance.ruling import Allow, Case, Gate, Ruling, ask
from grace_workers.playbooks import Mode, Step

LABEL = "switchable"
_PRIMITIVE = "toggle_flag"


def judge(case: Case) -> Ruling:
    """Ask for a review of every flag that is not listed, whatever the reason for switching it."""
    unlisted = sorted(set(_unlisted(case)))
    words = f"the target's label {LABEL} does not list {', '.join(unlisted)}"
    return ask(Mode.REVIEW, words) if unlisted else Allow()


def _unlisted(case: Case) -> Iterator[str]:
    for step in case.plan.steps:
        if step.primitive == _PRIMITIVE and not _listed(case, step):
            yield f"{step.params.get('flag', '')}={step.params.get('variant', '')}"


def _listed(case: Case, step: Step) -> bool:
    target, flag = case.facts.targets.get(step.target), str(step.params.get("flag", ""))
    label = "" if target is None else target.labels.get(LABEL, "")
    variant = str(step.params.get("variant", ""))
    return bool(flag) and any(_names(entry.strip(), flag, variant) for entry in label.split(","))


def _names(entry: str, flag: str, variant: str) -> bool:
    """Return whether an entry of the label lists the flag. A flag whose name has an equals sign cannot be listed."""
    name, only, wanted = entry.partition("=")
    return (name == flag and (not only or wanted == variant)) or (name == "*" and bool(wanted) and wanted == variant)


DEFINITION = Gate(name="switchable_flag", summary="A single signal switches only flags that are declared.", judge=judge)
