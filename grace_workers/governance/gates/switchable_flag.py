"""Feature flags that Grace may switch by itself.

Which flag is to blame is read from error lines, and a stranger whose words a service logs can write a flag's name
there. The errors then stop when the stranger does, so verification finds nothing wrong. So it is declared for which
flags that may happen: the flag store's label `switchable` lists them, separated by commas.
"""

from collections.abc import Iterator

from grace_workers.governance.approval import same_person
from grace_workers.governance.ruling import Allow, Case, Gate, Ruling, ask
from grace_workers.playbooks import FLEET, REQUESTED, Mode

LABEL = "switchable"
_PRIMITIVE = "toggle_flag"


def judge(case: Case) -> Ruling:
    """Ask for a review of every flag that was found in error lines and is not listed; a person's own choice stands."""
    if case.plan.cause == REQUESTED and not same_person(case.plan.proposer, FLEET):
        return Allow()
    unlisted = sorted(set(_unlisted(case)))
    words = f"error lines name {', '.join(unlisted)}, which the target's label {LABEL} does not list"
    return ask(Mode.REVIEW, words) if unlisted else Allow()


def _unlisted(case: Case) -> Iterator[str]:
    for step in case.plan.steps:
        if step.primitive == _PRIMITIVE:
            target = case.facts.targets.get(step.target)
            listed = target.labels.get(LABEL, "").split(",") if target is not None else []
            flag = str(step.params.get("flag", ""))
            if not flag or flag not in {name.strip() for name in listed}:
                yield flag


DEFINITION = Gate(name="switchable_flag", summary="Words in a log switch only flags that are declared.", judge=judge)
