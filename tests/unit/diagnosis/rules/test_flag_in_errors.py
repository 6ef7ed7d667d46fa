import pytest

from grace_workers.diagnosis import Strength
from grace_workers.diagnosis.engines.rules import propose
from grace_workers.foundation.document import JsonValue
from tests.unit.diagnosis.findings_of import FLAGS, SHOP, evidence, findings

CHECKOUT = {"key": "new_checkout", "enabled": True, "variant": "on", "variants": ["on", "off"]}
SEARCH = {"key": "fast-search", "enabled": True, "variant": "on", "variants": ["on", "off"]}


@pytest.mark.parametrize(
    "line",
    [
        "ERROR flag new_checkout: KeyError",
        "ERROR new-checkout failed",
        "Error in features.new_checkout.",
        "[new_checkout] price is negative",
        '{"flag": "new_checkout", "level": "error"}',
    ],
)
def test_error_lines_that_name_a_flag_blame_it(line: str) -> None:
    [found] = propose(findings(evidence("flags", FLAGS, [CHECKOUT, SEARCH]), evidence("recent_errors", SHOP, [line])))
    assert (found.cause, found.subject, found.strength) == ("bad_flag", FLAGS, Strength.MENTIONED)
    assert found.bindings == {"flag": "new_checkout", "variant": "off"}


@pytest.mark.parametrize("line", ["ERROR renew_checkouts", "ERROR new checkout", "all fine", ""])
def test_error_lines_that_do_not_name_the_flag_do_not_blame_it(line: str) -> None:
    assert propose(findings(evidence("flags", FLAGS, [CHECKOUT]), evidence("recent_errors", SHOP, [line]))) == []


@pytest.mark.parametrize(
    "flag",
    [
        {**CHECKOUT, "enabled": False},
        {**CHECKOUT, "variant": "off"},
        {**CHECKOUT, "variants": ["on", "blue"]},
        "no flag",
        {},
    ],
)
def test_a_flag_that_is_off_or_cannot_be_is_not_blamed(flag: JsonValue) -> None:
    lines = evidence("recent_errors", SHOP, ["ERROR new_checkout"])
    assert propose(findings(evidence("flags", FLAGS, [flag]), lines)) == []


def test_the_flag_named_most_often_comes_first() -> None:
    lines = ["fast-search", "new_checkout", "fast_search broke"]
    found = propose(findings(evidence("flags", FLAGS, [CHECKOUT, SEARCH]), evidence("recent_errors", SHOP, lines)))
    assert [one.bindings["flag"] for one in found] == ["fast-search", "new_checkout"]
