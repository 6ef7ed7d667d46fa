"""What is stored as JSON comes back unchanged: every value that the line stores in a document."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grace_workers.adapters.postgres.incidents.documents import restored, stored
from grace_workers.diagnosis import Diagnosis, KnowledgeEntry
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import IntegrityError
from grace_workers.governance import Contract, Granted
from grace_workers.learning import Episode, TrackRecord
from grace_workers.orchestration.dossier import Dossier, Request
from grace_workers.playbooks import Param, ParamType, Plan
from grace_workers.signals import Signal

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAME = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
MOMENT = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
SPAN = st.timedeltas(timedelta(0), timedelta(days=400))
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def _mapping(kind: Any) -> st.SearchStrategy[Any]:
    key, value = kind.__args__
    return st.dictionaries(st.from_type(key), JSON if value is JsonValue else st.from_type(value), max_size=3)


st.register_type_strategy(datetime, MOMENT)
st.register_type_strategy(timedelta, SPAN)
st.register_type_strategy(float, FINITE)
st.register_type_strategy(str, NAME)
st.register_type_strategy(int, st.integers(-(2**53) + 1, 2**53 - 1))
st.register_type_strategy(Mapping, _mapping)
# Its bounds depend on its type, which the annotations alone do not tell.
st.register_type_strategy(
    Param, st.sampled_from([Param(type=one, required=one is ParamType.STRING) for one in ParamType])
)
KINDS = [Contract, Diagnosis, Dossier, Episode, Granted, KnowledgeEntry, Plan, Request, Signal, TrackRecord]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_it_comes_back_as_it_was(kind: Any, data: st.DataObject) -> None:
    value = data.draw(st.from_type(kind))
    text = json.dumps(stored(kind, value), allow_nan=False)
    assert restored(kind, json.loads(text), "it") == value


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=st.from_type(Plan))
def test_a_plan_keeps_its_digest(plan: Plan) -> None:
    back = restored(Plan, json.loads(json.dumps(stored(Plan, plan))), "it")
    assert back.digest == plan.digest
    assert [step.digest for step in back.steps] == [step.digest for step in plan.steps]


def test_what_does_not_fit_any_more_is_named_without_its_content() -> None:
    with pytest.raises(IntegrityError, match="track record of cure as stored does not match this release: 1 errors"):
        restored(TrackRecord, {"playbook": "cure", "signature": {"password": "x"}}, "track record of cure")
