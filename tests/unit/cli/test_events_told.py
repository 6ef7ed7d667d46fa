"""What a line of `grace events tail` says."""

import json

import pytest

from grace_workers.entrypoints.cli.events import _print


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"step": "broker", "state": "passed", "detail": "it answers"}, "broker passed: it answers"),
        ({"before": "ready", "after": "failed", "why": "it\nended"}, "failed: it ended"),
        ({"change": "registered"}, "registered"),
        ({"nothing": "known"}, ""),
    ],
)
def test_it_says_which_step_what_happened_and_why(body, said, capsys):
    event = {"position": 7, "at": "2026-01-07T12:00:00+00:00", "topic": "node.boot", "key": "here", "body": body}
    _print(event, as_json=False)
    assert capsys.readouterr().out.rstrip().endswith(f"here{' ' * 22} {said}".rstrip())
    _print(event, as_json=True)
    assert json.loads(capsys.readouterr().out) == event
