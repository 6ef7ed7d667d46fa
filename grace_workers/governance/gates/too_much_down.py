"""So much is down at once that mending targets one by one is the wrong remedy."""

from grace_workers.governance.approval import wanted
from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling
from grace_workers.governance.storm import FLEET_SCOPE, named, quota

_AGAIN_EVERY = 3


def judge(case: Case) -> Ruling:
    """Refuse a run that no person wants in a service, or a fleet, of which too much is down; it may ask again."""
    load, limits = case.facts.load, case.policy.storm
    if load is None:
        return Refuse(why="it is unknown what is down")
    if wanted(case.plan, case.facts):
        return Allow()
    for scope, members in sorted(case.facts.members.items(), key=lambda one: (one[0] == FLEET_SCOPE, one[0])):
        if not members & {case.plan.target, *case.plan.targets}:
            continue
        down = len(members & load.down.keys())
        if down >= limits.most_down_from and down > quota(limits.most_down, len(members)):
            why = f"{down} of {len(members)} targets of {named(scope)} are down, or were a moment ago, which is more "
            why += f"than {limits.most_down}; such a storm has a cause elsewhere, so nothing runs here by itself"
            return Refuse(why=why, retry_at=case.now + limits.settle / _AGAIN_EVERY)
    return Allow()


DEFINITION = Gate(name="too_much_down", summary="Too much down at once stops automatic runs there.", judge=judge)
