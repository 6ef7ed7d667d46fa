"""The global kill switch."""

from grace_workers.governance.contract import said
from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling


def judge(case: Case) -> Ruling:
    """Refuse everything while it is on."""
    switch = case.facts.kill
    if switch is None:
        return Refuse(why="the kill switch could not be read")
    return Refuse(why=f"the kill switch is on ({said(switch)})") if switch.on else Allow()


DEFINITION = Gate(name="kill_switch", summary="Nothing runs while the kill switch is on.", judge=judge)
