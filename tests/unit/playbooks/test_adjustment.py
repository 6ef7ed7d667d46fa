"""Adjustments of playbooks: they only tighten, and only the content of the file that they are for."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.playbooks import AdjustedFigure, Adjustment, Mode, Playbook, adjusted
from tests.unit.playbooks.kit import TEXT, library

NOW = datetime(2026, 6, 30, tzinfo=UTC)
PLAIN = library()
MODES = [None, "auto", "review", "permission", "shadow"]


def adjustment(figure: AdjustedFigure, value: int, *, of: Playbook = PLAIN["mend_it"]) -> Adjustment:
    return Adjustment(playbook=of.name, figure=figure, base=of.digest, value=value, at=NOW)


def strictness(playbook: Playbook) -> int:
    return len(Mode) if playbook.shadow else (playbook.required or Mode.AUTO).strictness


@given(
    mode=st.sampled_from(MODES),
    least=st.sampled_from([0.0, 0.3, 0.75, 1.0]),
    figure=st.sampled_from(AdjustedFigure),
    value=st.integers(min_value=0, max_value=100),
)
def test_an_adjustment_never_lets_a_playbook_do_what_its_file_forbids(
    mode: str | None, least: float, figure: AdjustedFigure, value: int
) -> None:
    head = "" if mode is None else f"mode: {mode}\n"
    files = library(TEXT.replace("[broken]", f"[broken], min_confidence: {least}") + head)
    before = files["mend_it"]
    after = adjusted(files, [adjustment(figure, min(value, figure.highest), of=before)])["mend_it"]
    assert after.when.min_confidence >= before.when.min_confidence
    assert strictness(after) >= strictness(before)
    assert (after.steps, after.expectations, after.guards) == (before.steps, before.expectations, before.guards)


def test_what_is_in_force_has_another_digest_and_the_file_is_still_known() -> None:
    after = adjusted(PLAIN, [adjustment(AdjustedFigure.MIN_CONFIDENCE, 70), adjustment(AdjustedFigure.MODE, 1)])
    assert (after["mend_it"].when.min_confidence, after["mend_it"].mode) == (0.7, Mode.REVIEW)
    assert after.digest != PLAIN.digest
    assert after["mend_it"].digest != PLAIN["mend_it"].digest
    assert after.of_file("mend_it") == PLAIN["mend_it"]


@pytest.mark.parametrize("value", [0, 30])
def test_a_library_that_nothing_changes_stays_itself(value: int) -> None:
    files = library(TEXT.replace("[broken]", "[broken], min_confidence: 0.3"))
    assert adjusted(files, [adjustment(AdjustedFigure.MIN_CONFIDENCE, value, of=files["mend_it"])]) is files


def test_a_changed_file_and_an_unknown_playbook_are_left_alone() -> None:
    changed = library(TEXT + "enabled: false\n")
    ghost = Adjustment(playbook="ghost", figure=AdjustedFigure.MODE, base="0" * 64, value=1, at=NOW)
    assert adjusted(changed, [adjustment(AdjustedFigure.MODE, 1), ghost]) is changed


def test_a_value_reads_as_in_a_file() -> None:
    assert adjustment(AdjustedFigure.MIN_CONFIDENCE, 70).words == "min_confidence: 0.70"
    assert adjustment(AdjustedFigure.MODE, 1).words == "mode: review"
    assert adjustment(AdjustedFigure.MODE, 1).name == "mend_it.mode"
