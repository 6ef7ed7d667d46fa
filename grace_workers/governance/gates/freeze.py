"""The change freeze."""

from grace_workers.governance.contract import said
from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling


def judge(case: Case) -> Ruling:
    """Refuse every new plan while it is on."""
    switch = case.facts.freeze
    if switch is None:
        return Refuse(why="the freeze switch could not be read")
    return Refuse(why=f"a freeze is on ({said(switch)})") if switch.on else Allow()


DEFINITION = Gate(name="freeze", summary="No new run begins while a freeze is on.", judge=judge)
