from grace_workers.diagnosis import CauseName, EngineKind, Hypothesis
from grace_workers.foundation.ids import TargetName
from grace_workers.learning import Credit, Ending
from tests.unit.learning.recall.precedents_of import outcome


def hypothesis(cause="process_down", engine=EngineKind.RULES, measured=True):
    return Hypothesis(
        cause=CauseName(cause),
        subject=TargetName("web"),
        confidence=0.1,
        engine=engine,
        reasoning="x",
        measured=measured,
    )


def counted(*outcomes):
    credit = Credit()
    for one in outcomes:
        credit.count(one)
    return credit


def test_without_outcomes_it_is_as_likely_as_not():
    assert Credit().confidence(hypothesis(), "down~1") == 0.5


def test_without_outcomes_words_alone_are_believed_no_more_than_their_engine_does():
    assert Credit().confidence(hypothesis(measured=False), "down~1") == 0.1


def test_own_precedents_count_most_and_similar_ones_count_too():
    credit = counted(*(outcome(number) for number in range(8)))
    own = credit.confidence(hypothesis(), "down~1")
    cause = credit.confidence(hypothesis(), "slow~2")
    engine = credit.confidence(hypothesis("disk_full"), "full~3")
    other = credit.confidence(hypothesis("disk_full", EngineKind.KNOWLEDGE, measured=False), "full~3")
    assert own > cause > engine > 0.5 > other


def test_failures_lower_it_and_inconclusive_runs_say_nothing():
    failed = counted(*(outcome(number, ending=Ending.FAILED) for number in range(8)))
    open_ = counted(*(outcome(number, ending=Ending.INCONCLUSIVE) for number in range(8)))
    assert failed.confidence(hypothesis(), "down~1") < 0.1
    assert open_.confidence(hypothesis(), "down~1") == 0.5


def test_what_is_taken_back_leaves_no_trace():
    credit = counted(outcome())
    credit.count(outcome(), sign=-1)
    assert credit.confidence(hypothesis(), "down~1") == 0.5
