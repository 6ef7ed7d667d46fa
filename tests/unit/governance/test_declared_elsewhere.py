"""Plans whose changes a GitOps controller puts back."""

import pytest

from grace_workers.governance import Allow, Ask, Case, Refuse, Risk
from grace_workers.governance.policy import RuleEffect
from tests.unit.governance.kit import GATES, POLICY, WEDNESDAY_NOON, facts, plan, traits


@pytest.mark.parametrize(
    ("effect", "ruling"), [(RuleEffect.REFUSE, Refuse), (RuleEffect.REVIEW, Ask), (RuleEffect.ALLOW, Allow)]
)
def test_the_policy_says_what_becomes_of_a_change_that_is_put_back(effect: RuleEffect, ruling: type) -> None:
    case = Case(
        plan=plan(),
        facts=facts(steps=(traits(put_back_by="Flux kustomization apps/shop"),)),
        policy=POLICY.model_copy(update={"declared_elsewhere": effect}),
        risk=Risk(score=0.1, parts=()),
        now=WEDNESDAY_NOON,
    )
    found = GATES["declared_elsewhere"].judge(case)
    assert type(found) is ruling
    assert isinstance(found, Allow) or "web by Flux kustomization apps/shop" in found.why
