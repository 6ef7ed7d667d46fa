"""What a look changes: each appearance is audited once, and a place that fails or empties takes no target away."""

import pytest

from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.cycles import findings
from grace_workers.orchestration.discovery.looking import Discoveries, look
from grace_workers.orchestration.stores.discovered import DiscoveredStore
from tests.builders import Ward
from tests.unit.orchestration.discovery.looks import Place, known, looked, thing


def names(ward: Ward) -> list[str]:
    with ward.ledger.transaction() as tx:
        return [str(one.name) for one in tx[DiscoveredStore].targets()]


def audited(ward: Ward) -> list[tuple[str, str]]:
    return [(one.action, one.subject) for one in ward.ledger.entries if not one.action.startswith("finding")]


def test_what_appears_and_disappears_is_kept_and_audited_once() -> None:
    ward, place = Ward(), Place([thing("a"), thing("b", at="10.0.0.2:80"), thing("c", at="10.0.0.3:80")])
    found = known(place.rule())
    assert looked(ward, found).news == {"appeared": ("a", "b", "c")}
    assert looked(ward, found).news == {}
    del place.seen[0]
    assert looked(ward, found).news == {"vanished": ("a",)}
    assert names(ward) == ["b", "c"]
    told = [("target.appeared", f"target:{name}") for name in "abc"]
    assert audited(ward) == [*told, ("target.vanished", "target:a")]


@pytest.mark.parametrize("left", [0, 1])
def test_a_place_that_suddenly_tells_nothing_or_far_less_keeps_the_old_and_says_so(left: int) -> None:
    ward, place = Ward(), Place([thing(name, at=f"10.0.0.{n}:80") for n, name in enumerate("abc")])
    found = known(place.rule())
    looked(ward, found)
    whole, place.seen = place.seen, place.seen[:left]
    for _ in range(2):
        after = looked(ward, found)
    assert f"only {left} of 3 known targets are still seen" in str(after.state.problem)
    assert (names(ward), after.news) == (["a", "b", "c"], {})
    assert [action for action, _ in audited(ward)].count("discovery.kept") == 1
    assert [one.finding.key for one in findings(ward.ledger)] == ["web:problem"]
    place.seen = whole
    assert looked(ward, found).state.problem is None
    assert findings(ward.ledger) == []


def test_a_person_accepts_that_most_are_gone() -> None:
    ward, place = Ward(), Place([thing("a"), thing("b", at="10.0.0.2:80")])
    found = known(place.rule())
    looked(ward, found)
    place.seen.clear()
    looked(ward, found)
    assert looked(ward, found, accept=True).news == {"vanished": ("a", "b")}
    assert names(ward) == []


def test_a_place_that_cannot_be_read_changes_nothing_and_says_why() -> None:
    ward, place = Ward(), Place([thing("a")])
    found = known(place.rule())
    looked(ward, found)
    place.broken = "the inventory answers 500"
    after = looked(ward, found, accept=True)
    assert (after.state.problem, names(ward)) == ("the inventory answers 500", ["a"])
    place.broken = None
    assert looked(ward, found).state.problem is None


def test_more_than_the_operator_allows_are_not_taken() -> None:
    ward, place = Ward(), Place([thing(f"a{n}", at=f"10.0.0.{n}:80") for n in range(4)])
    after = looked(ward, known(place.rule(most=3)))
    assert "4 things ask to be targets; at most 3 may" in str(after.state.problem)
    assert names(ward) == []


def test_another_thing_of_the_same_name_is_a_new_incarnation() -> None:
    ward, place = Ward(), Place([thing("a")])
    found = known(place.rule())
    looked(ward, found)
    first = of(ward, found, "a")
    place.seen[0] = thing("a", labels={"team": "x"})
    assert looked(ward, found).news == {"changed": ("a",)}
    assert of(ward, found, "a") == first
    place.seen[0] = thing("a", at="10.0.0.9:80")
    assert looked(ward, found).news == {"replaced": ("a",)}
    assert of(ward, found, "a") != first


def of(ward: Ward, found: Discoveries, name: str) -> str | None:
    with ward.ledger.transaction() as tx:
        (stored,) = (one for one in tx[DiscoveredStore].targets() if one.name == name)
    target = found.target(stored)
    assert target is not None
    return target.incarnation


def test_names_that_are_taken_are_refused_by_name() -> None:
    ward, place, other = Ward(), Place([thing("web"), thing("a"), thing("a"), thing("b")]), Place([thing("b")])
    found = known(place.rule(), other.rule("second"), declared=["web"])
    looked(ward, found, "second")
    after = looked(ward, found)
    assert after.state.refused == {
        "web": "a target of this name is declared in grace.yaml",
        "a": "2 things have this name",
        "b": "discovery 'second' has found a target of this name",
    }
    assert names(ward) == ["b"]
    assert [action for action, _ in audited(ward)].count("discovery.refused") == 3
    looked(ward, found)
    assert [action for action, _ in audited(ward)].count("discovery.refused") == 3


def test_a_known_target_that_turns_hostile_goes() -> None:
    ward, place = Ward(), Place([thing(name, at=f"10.0.0.{n}:80") for n, name in enumerate("abc")])
    found = known(place.rule(keep=frozenset({"service"})))
    looked(ward, found)
    place.seen[0] = thing("a", at="10.0.0.0:80", labels={"service": "--force"})
    after = looked(ward, found)
    assert (after.news, list(after.state.refused)) == ({"vanished": ("a",)}, ["a"])


def test_what_is_stored_counts_only_as_far_as_the_rules_of_now_allow() -> None:
    ward, place = Ward(), Place([thing("a")])
    looked(ward, known(place.rule()))
    with ward.ledger.transaction() as tx:
        (stored,) = tx[DiscoveredStore].targets()
    assert known(place.rule()).target(stored) is not None
    assert known().target(stored) is None
    assert known(place.rule(), declared=["a"]).target(stored) is None
    assert known(place.rule(connection={"url": "http://{host}"})).target(stored) is None


def test_an_older_look_that_ends_later_changes_nothing() -> None:
    ward, place = Ward(), Place([thing("a")])
    found = known(place.rule())

    def slow() -> list:
        looked(ward, known(place.rule()))
        return []

    late = known(Place().rule())
    object.__setattr__(late.rules["web"], "look", slow)
    with pytest.raises(ConflictError, match="a later look has ended already"):
        look(ward.ledger, ward.clock, late, "web", by="ada")
    assert names(ward) == ["a"]
    assert found.named("web").name == "web"


def test_an_unknown_discovery_is_named_with_the_known_ones() -> None:
    with pytest.raises(NotFoundError, match="no discovery named 'x'; declared discoveries: web"):
        known(Place().rule()).named("x")


def test_a_name_that_looks_like_a_secret_is_not_shown() -> None:
    ward, place = Ward(), Place([thing("token=ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")])
    after = looked(ward, known(place.rule()))
    assert "ghp_" not in str(after.state.refused)
    assert TargetName("a") not in after.news
