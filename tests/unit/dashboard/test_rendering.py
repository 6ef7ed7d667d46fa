"""Values from outside are harmless on a page."""

import re
from importlib.resources import files

import pytest

from grace_workers.entrypoints.dashboard.rendering import commands, render

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\x1b[2J\x1b]8;;http://evil\x07",
    "\u202eevil\u2066",
    "{{ 7 * 7 }}",
    "'; DROP TABLE incidents; --",
    "\ud800",
]


def problem(detail):
    return render("problem.html", {"status": 404, "title": "Not Found", "detail": detail, "home": "/"})


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_does_nothing(text):
    page = problem(text)
    page.encode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert not {"\x1b", "\x07", "\u202e", "\u2066"} & set(page)
    # The head has hashes of files in it.
    assert "49" not in page.partition("<body")[2]


def test_a_megabyte_is_cut():
    assert len(problem("x" * 1_000_000)) - len(problem("x")) < 1000
    assert "(cut)" in problem("x" * 1_000_000)


def test_every_form_of_a_template_is_closed_because_a_browser_leaves_out_one_inside_another():
    folder = files("grace_workers.entrypoints.dashboard") / "templates"
    for template in folder.iterdir():
        found = re.findall(r"<(/?)form\b", template.read_text(encoding="utf-8"))
        assert found == ["", "/"] * (len(found) // 2), template.name


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("start one with `grace up`", "start one with <code>grace up</code>"),
        ("`a` and `<b>`", "<code>a</code> and <code>&lt;b&gt;</code>"),
        ("an odd ` of <b>", "an odd ` of &lt;b&gt;"),
        ("", ""),
    ],
)
def test_what_stands_between_backticks_is_set_as_a_command_and_nothing_else_is_markup(told, shown):
    assert commands(told) == shown
