"""Log lines by their kind: equal templates for lines of one kind, and no secrets in them."""

import json

from grace_workers.signals import line_kinds


def test_lines_of_one_kind_have_one_template() -> None:
    lines = [f"user {name} has no right to pay order {at}" for at, name in enumerate(("anna", "ben", "cleo"))]
    assert line_kinds([*lines, "card refused"]) == [*["user <*> has no right to pay order <*>"] * 3, "card refused"]


def test_of_a_line_of_json_its_message_counts() -> None:
    lines = [json.dumps({"ts": at, "level": "error", "message": f"disk {at} is slow"}) for at in range(2)]
    assert set(line_kinds(lines)) == {"disk <*> is slow"}


def test_a_template_tells_no_secret_that_all_lines_have() -> None:
    lines = [f"connect to db {at} password=correcthorse failed" for at in range(4)]
    (kind,) = set(line_kinds(lines))
    assert "correcthorse" not in kind
