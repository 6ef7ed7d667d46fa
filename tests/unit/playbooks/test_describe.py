from grace_workers.playbooks import bind, dry_run, explain
from tests.unit.playbooks.kit import PRIMITIVES, TARGETS, TEXT, library, load, occasion, primitive


def test_an_explanation_says_what_when_how_and_what_must_hold():
    sections = {section.title: section.lines for section in explain(load(TEXT + "mode: review\n"), PRIMITIVES)}
    assert sections["When"] == ("the cause is broken",)
    assert sections["Steps"][0] == "1. mend: mend on the target: Mends something."
    assert sections["Must hold afterwards"] == ("runs: alive of the target == 1 within 10s",)
    assert "approval: at least review" in sections["What"][2]
    assert "at most 6 runs an hour on one target" in sections["Guards"]


def test_a_dry_run_shows_the_preview_of_every_step():
    plan = bind(library(), "mend_it", occasion(), TARGETS)
    preview = primitive("mend").preview(object(), None)
    sections = {section.title: section.lines for section in dry_run(plan, {"mend": preview})}
    assert sections["Would change"] == ("1. mend: mend on web", "   mend it", "   touches 1 thing, 50% of the target")
    assert sections["Must hold afterwards"] == ("alive of web == 1 within 10s",)


def test_a_dry_run_says_why_a_step_has_no_preview():
    plan = bind(library(), "mend_it", occasion(), TARGETS)
    sections = {section.title: section.lines for section in dry_run(plan, {"mend": "the service did not answer"})}
    assert "   the service did not answer" in sections["Would change"]
