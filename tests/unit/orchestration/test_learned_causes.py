"""A cause that was learned, from its file to the plan that accepts it and the one that takes it back."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from grace_workers.coding import hunted_source
from grace_workers.diagnosis import Causes, load_cause
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from grace_workers.foundation.yaml_file import SourceError
from grace_workers.orchestration.learned_causes import LONGEST_FILE, accepting, clustered, learned_causes, withdrawing
from grace_workers.orchestration.stores.learned_causes import LearnedCauseStore
from grace_workers.orchestration.unexplained import unexplained
from grace_workers.playbooks import ReadyPlan
from grace_workers.signals import sign
from tests.builders import WEB, Ward
from tests.shipped_causes import TERMS

READ = partial(load_cause, terms=TERMS, inspect=hunted_source)
NAME = "learned_poolfull"


@pytest.fixture
def ward() -> Ward:
    made = Ward()
    for at in range(2):
        signature, text = sign(f"PoolFull{at}"), "ERROR pool 7 of the shop refused 17 connections: too many clients"
        made.fall_ill(WEB, name="PoolFull", text=text, signature=signature, key=f"{at}", labels={"cause": "unknown"})
        made.work()
        made.clock.advance(timedelta(hours=2))
    return made


def propose(ward: Ward, file: str | None = None, name: str = NAME) -> ReadyPlan:
    wanted = clustered(ward.line, name) if file is None else file
    return accepting(ward.line, wanted, name, "the pool is too small", by="ann", read=READ)


def accept(ward: Ward, plan: ReadyPlan) -> None:
    """Do what the plan does, and let the line know the causes in force."""
    params = plan.steps[0].params
    with ward.ledger.transaction() as tx:
        version = None if params["variant"] == "off" else str(params["variant"])
        tx[LearnedCauseStore].accept(str(params["flag"]), version, ward.clock.now())
        known = [READ(one.file, f"{one.name}.yaml") for one in tx[LearnedCauseStore].accepted()]
    ward.line = replace(ward.line, causes=lambda: Causes(known))


def test_a_proposal_is_kept_and_audited_and_is_not_in_force(ward: Ward) -> None:
    plan = propose(ward)
    (kept,) = learned_causes(ward.line)
    assert (kept.name, kept.proposed_by, kept.accepted_at) == (NAME, "ann", None)
    assert kept.file == clustered(ward.line, NAME)
    (entry,) = [one for one in ward.ledger.entries if one.action == "learning.cause_proposed"]
    assert (entry.actor, entry.data["file"]) == ("ann", kept.file)
    assert (plan.mode, plan.target) == ("review", "grace.fleet")
    assert plan.steps[0].params == {"flag": NAME, "variant": kept.version}
    assert "the pool is too small" in plan.reason


def test_an_accepted_cause_explains_its_cluster_until_it_is_withdrawn(ward: Ward) -> None:
    accept(ward, propose(ward))
    assert unexplained(ward.line) == []
    accept(ward, withdrawing(ward.line, NAME, "two problems share these words"))
    assert [one.name for one in unexplained(ward.line)] == [NAME]


def test_a_changed_file_is_another_version(ward: Ward) -> None:
    accept(ward, propose(ward))
    changed = learned_causes(ward.line)[0].file.replace("say here what it is", "the pool is too small")
    ward.clock.advance(timedelta(hours=1))
    accept(ward, propose(ward, changed))
    newest, first = learned_causes(ward.line)
    assert newest.version != first.version
    assert newest.accepted_at is not None
    assert first.accepted_at is None


@pytest.mark.parametrize(
    ("file", "fault", "kind"),
    [
        ("name: other\n", "summary", SourceError),
        ("name: [\n", "is not YAML", SourceError),
        ("", "is empty", SourceError),
        ("#" * (LONGEST_FILE + 1), f"at most {LONGEST_FILE}", InputError),
    ],
)
def test_a_faulty_file_is_refused_and_not_kept(ward: Ward, file: str, fault: str, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=fault):
        propose(ward, file)
    assert not learned_causes(ward.line)


def test_a_cause_that_a_file_defines_is_not_replaced(ward: Ward) -> None:
    file = clustered(ward.line, NAME)
    ward.line = replace(ward.line, causes=lambda: Causes([READ(file, f"{NAME}.yaml")]))
    with pytest.raises(ConflictError, match="known from a file"):
        propose(ward, file)


def test_what_is_unknown_is_neither_proposed_nor_withdrawn(ward: Ward) -> None:
    with pytest.raises(NotFoundError, match=f"no cluster is named 'ghost'; clusters: {NAME}"):
        propose(ward, name="ghost")
    with pytest.raises(NotFoundError, match=f"no cause {NAME!r} was accepted; accepted: none"):
        withdrawing(ward.line, NAME, "why not")
