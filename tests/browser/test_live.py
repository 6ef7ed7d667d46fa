"""Open pages: kept current, quiet when hidden, and honest when the session or the connection ends."""

import json
from datetime import timedelta

import pytest

from grace_workers.governance import Role
from grace_workers.orchestration import switches, tokens
from grace_workers.orchestration.job import Succeeded, TryAgain
from tests.waiting import until

pytestmark = pytest.mark.servers

MOST_CLICKS = 3
INCIDENT = "#rows a[href^='/dashboard/incidents/']"
# What is clicked from the overview on, and where the answer then is.
QUESTIONS = {
    "what is broken": ([], "section[aria-labelledby=broken] .row-title"),
    "who acted": (["Incidents", INCIDENT], "section[aria-labelledby=audit] tbody td:nth-child(3)"),
    "why not": (["Incidents", "text=Why nothing happened"], "section[aria-labelledby=signals] td.wide"),
    "can I undo it": (["Approvals"], "dt:text-is('The way back') + dd"),
    "what waits for me": (["Approvals"], "#cards article h2"),
    "who leads": (["Fleet"], "h1:has-text('lead')"),
    "what changed": (["Audit"], "#entries tbody tr"),
    "is the log intact": (["Audit", "#verify"], "#verdict:has-text('are in the log of')"),
    "what will break next": (["Goals"], "#goals section .badge.bad"),
    "how do I stop it all": (["a.stop"], "button.danger"),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_newcomer_has_the_answer_in_three_clicks(world, tab, question):
    one = tab()
    world.seal()
    one.look("overview")
    clicks, answer = QUESTIONS[question]
    for click in clicks:
        if click.isalpha():
            one.page.get_by_role("navigation", name="Pages").get_by_role("link", name=click).click()
        else:
            one.page.locator(click).first.click()
    one.page.locator(answer).first.wait_for(state="visible", timeout=30_000)
    assert len(clicks) <= MOST_CLICKS
    assert one.complaints == []


def test_a_change_is_on_the_screen_without_a_reload(world, tab):
    one = tab(Role.VIEWER)
    one.look("incidents")
    one.page.evaluate("window.same = true")
    world.signal("OnScreen", summary="a new thing happened")
    one.page.get_by_text("a new thing happened").first.wait_for(timeout=10_000)
    assert one.page.evaluate("window.same") is True


def test_the_banner_of_a_switch_is_on_every_open_page_at_once(world, tab):
    one = tab(Role.VIEWER)
    one.look("settings")
    runtime = world.api.runtime
    switches.turn(runtime.ledger, runtime.clock, "freeze", on=True, reason="the audit", by="ann")
    try:
        one.page.get_by_text("the audit").wait_for(timeout=10_000)
        assert "ann" in one.page.locator("#switches").inner_text()
    finally:
        switches.turn(runtime.ledger, runtime.clock, "freeze", on=False, reason="over", by="ann")


def test_a_form_that_is_being_filled_in_stays_while_the_page_changes(world, tab):
    one = tab(Role.APPROVER)
    one.look("approvals")
    one.page.get_by_label("Reason").first.fill("I am still thinking")
    world.ask_for_approval("Second")
    one.page.locator("nav .count").wait_for()
    assert one.page.get_by_label("Reason").first.input_value() == "I am still thinking"


def test_eight_tabs_of_one_browser_all_work(world, tab):
    first = tab()
    tabs = [first, *(tab(None, context=first.page.context) for _ in range(7))]
    for one in tabs:
        one.look("incidents")
    assert sum(one.page.evaluate("source !== null") for one in tabs) == 1
    world.signal("Everywhere", summary="seen in all tabs")
    for one in tabs:
        one.page.get_by_text("seen in all tabs").first.wait_for(timeout=15_000)
    first.page.close()
    until(lambda: any(one.page.evaluate("source !== null") for one in tabs[1:]), within=10)


def test_a_hidden_tab_closes_its_stream_and_catches_up_when_it_is_seen(world, tab):
    one = tab(Role.VIEWER)
    one.look("incidents")
    hide = """(hidden) => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    asked = []
    one.page.on("request", lambda request: asked.append(request.url))
    one.page.evaluate(hide, True)
    assert one.page.evaluate("source") is None
    world.signal("WhileHidden", summary="it happened behind your back")
    assert one.page.get_by_text("it happened behind your back").count() == 0
    one.page.evaluate(hide, False)
    one.page.get_by_text("it happened behind your back").first.wait_for(timeout=10_000)


def test_a_page_says_that_it_is_signed_out_and_asks_no_more(world, tab):
    secret = world.token(Role.VIEWER, name="leaving", expires_in=timedelta(hours=1))
    one = tab(Role.VIEWER, secret=secret)
    one.look("overview")
    tokens.revoke(world.api.runtime.ledger, world.api.runtime.clock, "leaving", by="test")
    one.page.evaluate("lost()")
    one.page.get_by_text("You are signed out").wait_for(timeout=10_000)
    asked = []
    one.page.on("request", lambda request: asked.append(request.url))
    one.page.evaluate("plan(); open(); connect()")
    assert asked == []
    one.page.get_by_role("link", name="Sign in again").click()
    one.page.get_by_text("ended because the token").wait_for()


def test_a_page_whose_connection_is_lost_says_so_and_comes_back_by_itself(world, tab):
    one = tab(Role.VIEWER)
    one.look("overview")
    one.page.context.set_offline(True)
    one.page.evaluate("lost()")
    one.page.get_by_text("The connection to Grace is lost").wait_for(timeout=10_000)
    one.page.context.set_offline(False)
    one.live()
    until(lambda: not one.page.locator("#connection").is_visible(), within=20)


def test_signing_out_ends_the_session(world, tab):
    one = tab(Role.VIEWER)
    one.page.get_by_role("button", name="Sign out").click()
    one.page.get_by_text("You are signed out.").wait_for()
    one.page.goto("/dashboard/overview")
    assert one.page.get_by_label("Token").is_visible()


def test_all_is_readable_and_answerable_without_scripts(world, tab):
    one = tab(Role.APPROVER, java_script_enabled=False)
    one.page.goto("/dashboard/approvals")
    waiting = one.page.get_by_role("button", name="Reject").count()
    assert waiting > 0
    one.page.get_by_label("Reason").first.fill("not without scripts")
    one.page.get_by_role("button", name="Reject").first.click()
    one.page.get_by_text("Rejected. The plan will not run.").wait_for()


def test_the_proof_of_another_entry_proves_nothing(world, tab):
    one = tab()
    world.seal()
    one.look("audit/1")
    one.page.evaluate("history.replaceState(null, '', '/dashboard/audit/0')")
    one.page.locator("#verify").click()
    one.page.locator("#verdict.banner").wait_for(state="visible", timeout=30_000)
    assert one.page.locator("#verdict").inner_text().startswith("NOT proved")


def test_the_lines_of_a_running_job_come_onto_its_page_each_once_and_stay_when_it_is_loaded_again(world, tab):
    runtime, claim = world.api.runtime, world.begin_job()
    job = claim.job

    def say(event, level="info"):
        line = {"event": event, "level": level, "timestamp": "2026-06-30T12:00:00Z", "text": "<b>bold</b>"}
        runtime.job_logs.keep([(str(job.id), json.dumps(line))])

    say("first")
    one = tab(Role.OPERATOR)
    one.look(f"jobs/{job.id}")
    lines = one.page.locator("#log span")
    assert "first text=<b>bold</b>" in lines.first.inner_text()
    say("second", "error")
    one.page.get_by_text("second").wait_for(timeout=10_000)
    assert "bad" in (lines.last.get_attribute("class") or "")
    one.page.reload()
    one.live()
    say("third")
    one.page.get_by_text("third").wait_for(timeout=10_000)
    assert [text.split()[2] for text in lines.all_inner_texts()] == ["first", "second", "third"]
    runtime.claims.finish(claim, Succeeded())
    one.page.locator("#job .badge", has_text="succeeded").wait_for(timeout=15_000)
    assert lines.count() == 3
    assert one.complaints == []


@pytest.mark.parametrize(
    ("ending", "state"), [(Succeeded(), "succeeded"), (TryAgain(error="busy", after=timedelta(hours=1)), "queued")]
)
def test_a_look_at_a_job_says_that_it_is_stale_as_soon_as_that_attempt_has_ended(world, tab, ending, state):
    runtime, claim = world.api.runtime, world.begin_job()
    one = tab(Role.OPERATOR)
    one.look(f"jobs/{claim.job.id}/stack")
    calls = one.page.locator("#main pre").first
    assert "take" in calls.inner_text()
    assert one.page.get_by_role("button", name="Look again").is_visible()
    runtime.claims.finish(claim, ending)
    one.page.get_by_text(f"Attempt 1 has ended, so this look at it is stale. The job is {state}.").wait_for(
        timeout=15_000
    )
    assert "take" in calls.inner_text()
    assert one.page.get_by_role("button", name="Look again").count() == 0
    assert one.complaints == []
    assert runtime.claims.claim(claim.job.id, runtime.instance) is None
