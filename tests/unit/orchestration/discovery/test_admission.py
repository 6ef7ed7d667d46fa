"""What may become a target: hostile names, labels and values are refused by name, and nothing is trusted by itself."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.actions import Ownership, Target
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.orchestration.discovery.admission import admit, placeholders
from grace_workers.orchestration.discovery.beating import declared_heartbeat
from grace_workers.orchestration.discovery.sighting import Sighting
from grace_workers.signals import Heartbeat, Severity
from tests.unit.orchestration.discovery.looks import DRIVERS, Place, thing

HOSTILE = ["--force", "two\nlines", "{{ secrets }}", "${HOME}", "{% raw %}", "x" * 201, "bell\x07", "\u202eright"]
FILES = {"kinds": (TargetKind("http"), TargetKind("endpoint")), "connection": {}}


def admitted(seen: Sighting, **rule: Any) -> Target:
    return admit(seen, Place().rule(**rule), DRIVERS)


def test_a_plain_sighting_becomes_a_target_of_others_with_the_connection_of_the_rule() -> None:
    target = admitted(thing("shop-web", depends_on=("shop-db",)))
    assert (target.kind, target.owner, target.origin) == ("http", Ownership.EXTERNAL, "web")
    assert target.connection == {"url": "http://10.0.0.1:80"}
    assert target.roles == {"HttpProbe"}
    assert target.depends_on == ("shop-db",)


@pytest.mark.parametrize("name", ["", "-x", "--help", "A", "a b", "a\n", "a/b", "{{a}}", "x" * 64, "grace.fleet", "ä"])
def test_a_hostile_name_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"name .* is not allowed"):
        admitted(thing(name))


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_label_that_counts_is_refused_by_name(value: str) -> None:
    with pytest.raises(InputError, match="label 'service' is refused: it "):
        admitted(thing("shop", labels={"service": value}), keep=frozenset({"service"}))


@pytest.mark.parametrize("value", HOSTILE)
def test_a_label_that_does_not_count_does_no_harm(value: str) -> None:
    assert admitted(thing("shop", labels={"com.docker.compose.config": value})).labels == {}


def test_labels_count_only_where_the_operator_says_so_and_his_own_win() -> None:
    own = {"service": "shop", "team": "mine", "grace": "hands_off", "dead_tuples_bound": "1e9"}
    target = admitted(thing("shop", labels=own), keep=frozenset({"service", "team"}), labels={"team": "theirs"})
    assert target.labels == {"service": "shop", "team": "theirs", "grace": "hands_off"}


@pytest.mark.parametrize("value", ["-o", "a b", "a\n", "a/../b", "x" * 254, "", "http://evil", "a?b", "a#b", "a%2f"])
def test_a_value_that_is_no_plain_name_or_address_reaches_no_connection(value: str) -> None:
    with pytest.raises(InputError, match="may not stand in a connection"):
        admitted(thing("shop", values={"address": value}))


def test_a_place_that_tells_no_value_fills_no_connection() -> None:
    with pytest.raises(InputError, match=r"asks for \{address\}"):
        admitted(thing("shop", values={}))


def test_a_connection_that_the_driver_does_not_take_is_refused() -> None:
    with pytest.raises(InputError, match="connection of kind 'http': url: Field required"):
        admitted(thing("shop"), connection={"address": "{address}"})


def test_a_file_declares_no_kind_that_the_operator_does_not_allow() -> None:
    with pytest.raises(InputError, match=r"kind 'command' is not among .*: http, endpoint"):
        admitted(thing("shop", kind="command", connection={"commands": {}}), **FILES)


@pytest.mark.parametrize(
    ("rule", "own", "owner"),
    [
        (Ownership.EXTERNAL, Ownership.INTERNAL, Ownership.EXTERNAL),
        (Ownership.EXTERNAL, None, Ownership.EXTERNAL),
        (Ownership.INTERNAL, Ownership.EXTERNAL, Ownership.EXTERNAL),
        (Ownership.INTERNAL, Ownership.INTERNAL, Ownership.INTERNAL),
        (Ownership.INTERNAL, None, Ownership.INTERNAL),
    ],
)
def test_the_stricter_owner_counts(rule: Ownership, own: Ownership | None, owner: Ownership) -> None:
    seen = thing("shop", kind="http", owner=own, connection={"url": "http://shop"})
    assert admitted(seen, owner=rule, **FILES).owner is owner


def test_a_file_with_a_secret_in_its_connection_is_refused() -> None:
    seen = thing("shop", kind="http", connection={"url": "http://ann:hunter2-hunter2@shop/"})
    with pytest.raises(InputError, match="looks like a secret"):
        admitted(seen, **FILES)


@pytest.mark.parametrize("name", ["--x", "a b", "Ä"])
def test_a_dependency_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="it depends on"):
        admitted(thing("shop", depends_on=(name,)))


def test_placeholders_are_found_wherever_they_stand() -> None:
    assert placeholders({"a": ["{x}", {"b": "{y}:{z_1}"}], "c": 1, "d": "{Not}"}) == {"x", "y"}


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300))
def test_whatever_is_seen_is_refused_or_becomes_a_plain_target(name: str, label: str, value: str) -> None:
    seen = thing(name, values={"address": value}, labels={"service": label})
    try:
        target = admitted(seen, keep=frozenset({"service"}))
    except InputError:
        return
    said = [str(target.name), target.labels["service"], str(target.connection["url"])]
    assert all(one.isprintable() and not one.startswith("-") and "{{" not in one for one in said)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        *(({"every": value}, "`every` of its heartbeat is refused: duration") for value in HOSTILE),
        ({"every": "1s"}, "`every` of its heartbeat is 1s; it must be 10s to 7d"),
        ({"every": "8d"}, "it must be 10s to 7d"),
        ({"every": "5m", "grace": "2d"}, "`grace` of its heartbeat is 2d; it must be 0s to 1d"),
        ({"every": "5m", "grace": ""}, "`grace` of its heartbeat is refused"),
        ({"grace": "5m"}, "does not say how often it is due"),
        ({"every": "5m", "severity": "critical"}, "its heartbeat has 'severity'; known: every, grace"),
    ],
)
def test_a_heartbeat_that_is_hostile_or_out_of_bounds_is_refused_where_it_counts(
    said: dict[str, str], words: str
) -> None:
    seen = thing("shop", heartbeat=said)
    with pytest.raises(InputError, match=words):
        admitted(seen, heartbeats=True)
    assert admitted(seen).name == "shop"


def test_a_heartbeat_has_the_name_of_its_target_and_is_only_a_warning() -> None:
    seen = thing("shop", heartbeat={"every": "5m"})
    beat = declared_heartbeat(seen, Place().rule(heartbeats=True))
    wanted = {"every": timedelta(minutes=5), "grace": timedelta(minutes=1), "severity": Severity.WARNING}
    assert beat == Heartbeat(name="shop", target=TargetName("shop"), **wanted)
    assert declared_heartbeat(seen, Place().rule()) is None
