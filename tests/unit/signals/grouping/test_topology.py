from grace_workers.foundation.ids import TargetName
from grace_workers.signals.grouping import FURTHEST_CAUSE, Topology


def chain(length: int) -> Topology:
    return Topology({TargetName(f"t{at}"): [TargetName(f"t{at + 1}")] for at in range(length)})


def test_a_target_reaches_what_it_depends_on_over_a_few_steps() -> None:
    assert chain(9).reach(TargetName("t0")) == {f"t{at}": at for at in range(FURTHEST_CAUSE + 1)}


def test_all_that_hangs_together_is_one_component() -> None:
    both = Topology({TargetName("b"): [TargetName("a")], TargetName("c"): [TargetName("b")], TargetName("x"): []})
    assert {both.component(TargetName(name)) for name in "abc"} == {"a"}
    assert both.component(TargetName("x")) == "x"


def test_two_are_related_when_one_depends_on_the_other() -> None:
    known = Topology({TargetName("a"): [TargetName("c")], TargetName("b"): [TargetName("c")]})
    assert known.related(TargetName("c"), TargetName("a"))
    assert not known.related(TargetName("a"), TargetName("b"))
