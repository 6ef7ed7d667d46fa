"""How a terminal and a log show foreign text: every character visible, none that acts."""

import io
import json
import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import grace_workers.entrypoints.cli as commands
from grace_workers.entrypoints.cli.boot_view import line_of
from grace_workers.entrypoints.cli.output import complain, say, say_json, show_json, styled, table
from grace_workers.entrypoints.cli.program import leave
from grace_workers.entrypoints.cli.story import show_happening, tell
from grace_workers.entrypoints.demo import show
from grace_workers.entrypoints.log_lines import set_up
from grace_workers.entrypoints.printable import json_text, lines, one_line
from grace_workers.foundation.errors import InputError
from grace_workers.node.progress import Progress
from grace_workers.orchestration.dossier import Happening
from grace_workers.settings import LogSettings, Settings

ACTING = {
    "an escape sequence": "\x1b[2J\x1b[31mred",
    "a link": "\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\",
    "a title": "\x1b]0;owned\x07",
    "eight-bit controls": "\x9b31m\x90\x9d0;x\x9c",
    "delete and backspace": "\x7f\x08\x08",
    "a carriage return": "all well\rforged",
    "a new line": "x\n2026-01-01 00:00:00  forged",
    "other ends of lines": "x\x0b\x0c\x85\u2028\u2029forged",
    "overrides": "\u202egnp.exe\u202c\u2066x\u2069\u061c",
    "no width": "a\u200bb\u200d\u2060\ufeffc\u00ad",
    "unseen letters": "a\u3164\u115f\u034f\U000e0100\U000e0041",
    "a lone surrogate": "\ud800",
    "private use": "\ue000",
    "NUL": "\x00",
    "markup": "[red]x[/red] [link=http://evil]y[/link] [/]",
}
_ALLOWED = re.compile(
    r"[^\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]*"
)


def calm(text: str) -> bool:
    """Return whether nothing in `text` except its line breaks acts."""
    return _ALLOWED.fullmatch(text) is not None and "\u3164" not in text


@pytest.mark.parametrize("text", ACTING.values(), ids=ACTING)
def test_nothing_in_one_line_acts(text):
    found = one_line(text)
    assert calm(found)
    assert "\n" not in found
    assert one_line(found) == found


@given(st.text())
def test_any_text_becomes_exactly_one_line(text):
    found = one_line(text)
    assert calm(found)
    assert len(found.splitlines()) <= 1


def test_ordinary_text_is_unchanged():
    for text in ("Straße, naïve café", "数据库", "שלום", "→ ✓ …", "a\\b", "👍", "[red]"):
        assert one_line(text) == text
    assert one_line("a\u00a0b\u202fc") == "a b c"


def test_lines_after_the_first_are_set_in():
    assert lines("first\r\ngrace: forged\n2026 forged") == "first\n    grace: forged\n    2026 forged"


@pytest.mark.parametrize("text", ACTING.values(), ids=ACTING)
def test_json_stays_json_and_holds_nothing_but_printable_ascii(text):
    written = json_text({text: [text]})
    assert json.loads(written) == {text: [text]}
    assert re.fullmatch("[ -~]*", written)


@pytest.mark.parametrize("text", ACTING.values(), ids=ACTING)
def test_everything_a_command_prints_is_safe_for_a_terminal(text, capsys):
    say(text)
    complain(text)
    show_json({"a": text})
    say_json({"a": text})
    show_happening({"at": None, "stage": text, "state": text, "took": 0.1, "headline": text}, as_json=False)
    Console(file=sys.stdout, force_terminal=False, width=200).print(table((text,), [(text,)], title=text))
    tell(_incident(text))
    with pytest.raises(SystemExit):
        leave(InputError(text))
    told = capsys.readouterr()
    assert calm(told.out)
    assert calm(told.err)
    assert not any(line.startswith(("forged", "2026-01-01 00:00:00  forged")) for line in told.err.splitlines())


def test_markup_in_foreign_text_is_text():
    shown = io.StringIO()
    Console(file=shown, width=200).print(table(("[bold]c",), [("[red]x[/red]",)], title="[link=http://evil]t"))
    Console(file=shown, width=200).print(styled("[/nothing]"))
    for text in ("[bold]c", "[red]x[/red]", "[link=http://evil]t", "[/nothing]"):
        assert text in shown.getvalue().replace("\n", "")


@pytest.mark.parametrize("text", ACTING.values(), ids=ACTING)
def test_boot_and_demo_show_foreign_text_calmly(text):
    shown = io.StringIO()
    console = Console(file=shown, width=200)
    happening = Happening(at=None, stage="plan", state="planned", headline=text, took=0.1)  # type: ignore[arg-type]
    show.happening(console, happening, 0.1)
    show.summary(console, [], text, intact=False)
    assert calm(shown.getvalue())
    assert calm(one_line(line_of(Progress(stage="node", state="failed", note=text))))


@pytest.mark.parametrize("json_lines", [True, False])
@pytest.mark.parametrize("text", ACTING.values(), ids=ACTING)
def test_no_line_of_a_log_is_forged(text, json_lines, capsys, as_it_was):
    set_up(Settings(log=LogSettings(json_lines=json_lines)))
    structlog.get_logger().error("event " + text, value=text, nested={text: [text]}, **{f"k{text}": 1})
    logging.getLogger("library").error("said %s", text)
    structlog.get_logger().error("raised", exc_info=_raised(text))
    told = capsys.readouterr()
    assert calm(told.out)
    assert calm(told.err)
    assert not any(line.startswith(("forged", "2026-01-01 00:00:00  forged")) for line in told.out.splitlines())


def test_an_unexpected_error_is_a_plain_message():
    program = """
import sys
from grace_workers.entrypoints.cli.program import main

sys.argv = ["grace", "version"]
try:
    main()
except SystemExit:
    raise ValueError("\\x1b[2J\\ngrace: forged") from None
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 1
    assert "ValueError" in ended.stderr
    assert calm(ended.stderr)
    assert not any(line.startswith("grace: forged") for line in ended.stderr.splitlines())


def test_no_command_prints_past_the_one_place():
    """Every line of a command goes through `cli/output.py`, the only file that writes to the streams."""
    past = re.compile(r"(?<![\w.])print\(|typer\.echo\(|click\.echo\(|std(?:out|err)\.write\(|typer\.secho\(")
    folder = Path(commands.__file__).parent
    found = [path.name for path in folder.glob("*.py") if path.name != "output.py" and past.search(path.read_text())]
    assert found == []


@pytest.fixture
def as_it_was():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level


def _raised(text: str) -> ValueError:
    with pytest.raises(ValueError) as caught:
        int(f"x{text}")
    return caught.value


def _incident(text: str) -> dict[str, object]:
    return {
        **dict.fromkeys(("title", "id", "state", "closing", "target"), text),
        "signals": [1],
        "signal": {"source": text},
        "diagnosis": {"hypotheses": [{"cause": text, "confidence": 0.5, "engine": text, "reasoning": text}]},
        "plan": {"playbook": text, "steps": [{"index": 0, "primitive": text, "target": text, "params": {text: text}}]},
        "granted": {"risk": {"parts": [{"name": text, "value": 0.1, "why": text}]}},
        "approvals": [{"answers": [{"by": text, "role": text, "approved": True, "reason": text, "at": None}]}],
        "steps": [{"index": 0, "step": text, "state": text, "outcome": {"detail": text}}],
        "timeline": [{"at": None, "stage": text, "state": text, "took": 0.1, "headline": text}],
        "reasons": [text],
    }
