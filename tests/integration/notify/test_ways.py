"""Each kind of way against a real server: what arrives, one thread for each subject, and what a refusal becomes."""

import hmac
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from grace_workers.adapters.guard import BreakerRegistry
from grace_workers.adapters.notify import open_people
from grace_workers.adapters.notify.opening import notifiers
from grace_workers.foundation.errors import InputError, PermanentError, TransientError
from grace_workers.orchestration.people.roster import NoticeKind, NotifyWay, PeopleNotice
from grace_workers.settings.people import PeopleSettings
from tests.integration.notify.servers import HttpSide, MailSide, http_side, mail_side

ASKED = PeopleNotice(
    subject="incident:1",
    key="3.00.000",
    kind=NoticeKind.NEEDED,
    title="Asks for approval: <!channel> web is down",
    lines=("cause: process_down", "answer: grace approve 7 --reason '…'"),
    severity="error",
    link="https://grace.example/dashboard/incidents/1",
    approval="7",
    digest="d" * 64,
)
OVER = replace(ASKED, key="4.over", kind=NoticeKind.OVER, title="Healed: web is down", approval=None, digest=None)
HTTP = ["slack", "teams", "pagerduty", "webhook"]


@pytest.fixture
def http() -> Iterator[HttpSide]:
    with http_side() as side:
        yield side


@pytest.fixture
def mail() -> Iterator[MailSide]:
    with mail_side() as side:
        yield side


def way(kind: str, **said: Any) -> NotifyWay:
    declared = PeopleSettings.model_validate({"ways": {"one": {"kind": kind, **said}}})
    return open_people(declared, BreakerRegistry()).ways["one"]


def over_http(kind: str, side: HttpSide) -> NotifyWay:
    more = {"routing_key": "r" * 32} if kind == "pagerduty" else {}
    return way(kind, url=f"{side.url}/secret-path", **more)


def test_every_kind_is_tried_here():
    assert sorted([*HTTP, "email"]) == sorted(notifiers().names)


@pytest.mark.parametrize("kind", HTTP)
def test_a_busy_side_is_asked_again_later_and_a_refusal_is_final(kind: str, http: HttpSide) -> None:
    one = over_http(kind, http)
    for status, error in ((429, TransientError), (503, TransientError), (404, PermanentError), (302, PermanentError)):
        http.answer = lambda _post, status=status: (status, {})
        with pytest.raises(error) as told:
            one.send(ASKED, None)
        assert str(status) in str(told.value)
        assert "secret-path" not in str(told.value)
    with pytest.raises(TransientError, match="does not answer"):
        way(kind, url="http://127.0.0.1:9/x", **({"routing_key": "r"} if kind == "pagerduty" else {})).send(ASKED, None)


def test_slack_edits_its_message_and_alerts_in_the_thread(http: HttpSide) -> None:
    http.answer = lambda _post: (200, {"ok": True, "channel": "C1", "ts": "17.5"})
    one = way("slack", token="xoxb-1", channel="C1", api=http.url)
    thread = one.send(ASKED, None)
    assert thread == "C1:17.5"
    assert one.send(replace(ASKED, key="3.01.000"), thread) == thread
    assert one.send(OVER, thread) == thread
    calls = [(post.path, post.body.get("thread_ts")) for post in http.posts]
    assert calls == [
        ("/chat.postMessage", None),
        ("/chat.update", None),
        ("/chat.postMessage", "17.5"),
        ("/chat.update", None),
    ]
    first = http.posts[0]
    assert first.headers["authorization"] == "Bearer xoxb-1"
    text, actions = first.body["blocks"]
    assert "&lt;!channel&gt;" in text["text"]["text"]
    assert [one["value"] for one in actions["elements"]] == [f"7 {'d' * 64}"] * 2


def test_slack_says_why_it_refuses(http: HttpSide) -> None:
    one = way("slack", token="xoxb-1", channel="C1", api=http.url)
    for said, error in (("channel_not_found", PermanentError), ("ratelimited", TransientError)):
        http.answer = lambda _post, said=said: (200, {"ok": False, "error": said})
        with pytest.raises(error, match=said):
            one.send(ASKED, None)


def test_a_webhook_of_slack_takes_plain_messages(http: HttpSide) -> None:
    assert over_http("slack", http).send(ASKED, None) is None
    assert "grace approve 7" in http.posts[0].body["text"]


def test_teams_gets_a_card_with_a_link(http: HttpSide) -> None:
    over_http("teams", http).send(ASKED, None)
    card = http.posts[0].body["attachments"][0]["content"]
    assert card["actions"][0]["url"] == ASKED.link
    assert [block["text"] for block in card["body"]][1] == "cause: process\\_down"


def test_pagerduty_has_one_alert_for_a_subject(http: HttpSide) -> None:
    one = over_http("pagerduty", http)
    thread = one.send(ASKED, None)
    one.send(OVER, thread)
    one.send(replace(OVER, kind=NoticeKind.REPORT), None)
    bodies = [post.body for post in http.posts]
    assert [(body["event_action"], body["dedup_key"]) for body in bodies] == [
        ("trigger", "incident:1"),
        ("resolve", "incident:1"),
    ]
    assert bodies[0]["payload"]["severity"] == "error"


def test_a_webhook_of_ones_own_is_signed(http: HttpSide) -> None:
    way("webhook", url=http.url, secret="s" * 20).send(ASKED, None)
    (post,) = http.posts
    wanted = hmac.new(b"s" * 20, post.raw, sha256).hexdigest()
    assert post.headers["x-grace-signature"] == f"sha256={wanted}"
    assert (post.body["subject"], post.body["key"], post.body["plan_digest"]) == ("incident:1", "3.00.000", "d" * 64)


def test_mails_of_a_subject_are_one_thread_and_a_repeat_is_the_same_mail(mail: MailSide) -> None:
    one = way("email", host="127.0.0.1", port=mail.port, security="none", sender="g@a.example", to=["ada@a.example"])
    thread = one.send(ASKED, None)
    one.send(ASKED, None)
    one.send(OVER, thread)
    first, again, last = mail.mails
    assert first["Message-ID"] == again["Message-ID"]
    assert (last["References"], last["In-Reply-To"]) == (first["Message-ID"], first["Message-ID"])
    assert first["To"] == "ada@a.example"
    assert "grace approve 7" in first.get_content()


def test_a_persons_own_link_reaches_no_one_else(mail: MailSide) -> None:
    to = ["ada@a.example", "ben@a.example"]
    one = way("email", host="127.0.0.1", port=mail.port, security="none", sender="g@a.example", to=to)
    one.send(replace(ASKED, answers={"ada@a.example": "https://grace.example/answer/x"}), None)
    found = {mail["To"]: "/answer/x" in mail.get_content() for mail in mail.mails}
    assert found == {"ada@a.example": True, "ben@a.example": False}


def test_a_mail_server_says_whether_to_try_again(mail: MailSide) -> None:
    one = way("email", host="127.0.0.1", port=mail.port, security="none", sender="g@a.example", to=["ada@a.example"])
    for refuses, error in (("452 full", TransientError), ("554 no", PermanentError)):
        mail.refuses = refuses
        with pytest.raises(error, match=refuses[:3]):
            one.send(ASKED, None)
    with pytest.raises(TransientError, match="does not answer"):
        way("email", host="127.0.0.1", port=9, security="none", sender="g@a.example", to=["a@a.example"]).send(
            ASKED, None
        )


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"kind": "pigeon"}, "there is no kind 'pigeon'"),
        ({"kind": "slack"}, "give either `url`, or `token` and `channel`"),
        ({"kind": "email", "host": "x", "sender": "a@b.c\nBcc: d@e.f", "to": ["a@b.c"]}, "sender"),
    ],
)
def test_a_faulty_way_is_refused_at_the_start(said: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        open_people(PeopleSettings.model_validate({"ways": {"one": said}}), BreakerRegistry())
