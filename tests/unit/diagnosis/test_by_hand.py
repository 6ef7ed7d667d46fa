"""What people are told to do by hand: no value from outside does more than stand in its place."""

import shlex
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grace_workers.diagnosis import ByHand, HandStep, load_cause
from grace_workers.diagnosis.by_hand import object_to_by_hand
from grace_workers.foundation.yaml_file import SourceError
from tests.shipped_causes import TERMS

POD = "kubectl --namespace {{ signal.namespace }} logs pod/{{ signal.pod }} | head"
TEXT = """\
name: slow_orders
summary: Orders wait for a lock.
words: [orders are slow]
bindings:
  unit: label.unit
by_hand:
  because: Only who knows the orders can tell.
  steps:
    - do: Look at {{ target }}.
    - do: Read what it says.
      run: journalctl --unit={{ binding.unit }}
examples:
  - signal: {name: x, summary: "orders are slow"}
"""


def told(pod: object, run: str = POD) -> str:
    step = HandStep(do="Look at {{ signal.pod }}.", run=run)
    (one,) = ByHand(steps=(step,)).instructions({"signal.namespace": "shop", "signal.pod": pod})  # type: ignore[dict-item]
    assert one.run is not None
    return one.run


def test_values_are_inserted() -> None:
    assert told("web-7d9f") == "kubectl --namespace shop logs pod/web-7d9f | head"


@given(st.text(max_size=250))
@example("web; reboot")
@example("$(reboot)")
@example("'; reboot #")
@example("{{ signal.namespace }}")
def test_any_value_stays_in_its_place(value: str) -> None:
    words = shlex.split(told(value))
    assert words[:4] == ["kubectl", "--namespace", "shop", "logs"]
    assert words[4] in (f"pod/{value}", "pod/POD")
    assert words[5:] == ["|", "head"]


@pytest.mark.parametrize(
    "value", ["--all", "a\nb", "a\x1b[2J", "a\u202eb", "", " a", "a  b", "x" * 201, None, True, ["a"], {"a": 1}]
)
def test_what_could_pass_for_something_else_is_left_to_the_person(value: object) -> None:
    assert told(value) == "kubectl --namespace shop logs pod/POD | head"
    assert unicodedata.is_normalized("NFC", told(value))


def test_words_show_the_same_value() -> None:
    (one,) = ByHand(steps=(HandStep(do="Look at {{ signal.pod }}."),)).instructions({"signal.pod": "web 7"})
    assert (one.do, one.run) == ("Look at web 7.", None)


@pytest.mark.parametrize(
    "run",
    [
        "[[ {{ signal.pod }} -eq 1 ]]", "test -v {{ signal.pod }}", "[ -v {{ signal.pod }} ]", "let {{ signal.pod }}",
        "printf -v {{ signal.pod }} x", "trap {{ signal.pod }} EXIT", "echo ${a[{{ signal.pod }}]}",
        "echo $[ {{ signal.pod }} ]", "echo $(( {{ signal.pod }} ))", "source {{ signal.pod }}", ". {{ signal.pod }}",
        "env -i {{ signal.pod }}", "timeout 5 {{ signal.pod }}", "xargs -n1 {{ signal.pod }}",
        "perl -e {{ signal.pod }}", "echo a > /var/log/{{ signal.pod }}", "read {{ signal.pod }}",
        "python3 -c {{ signal.pod }}",
    ],
)  # fmt: skip
def test_a_command_in_which_a_quoted_value_is_still_more_than_a_word_is_refused(run: str) -> None:
    assert list(object_to_by_hand(ByHand(steps=(HandStep(do="Look at it.", run=run),)), ()))


@pytest.mark.parametrize(
    "run",
    [
        "find . -name {{ signal.pod }}", "cat < {{ signal.pod }}", "printf '%s' {{ signal.pod }}",
        "[ {{ signal.pod }} ]", "python -m compileall -q {{ signal.pod }}", "df -h | grep {{ signal.pod }} > free.txt",
    ],
)  # fmt: skip
def test_a_command_in_which_a_value_is_one_word_is_not(run: str) -> None:
    assert not list(object_to_by_hand(ByHand(steps=(HandStep(do="Look at it.", run=run),)), ()))


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("{{ target }}", "{{ params.unit }}", 9, "names unknown 'params.unit'; known: {{ target }}"),
        ("{{ target }}", "{{ target.name }}", 9, "names unknown 'target.name'; known: {{ target }}"),
        ("{{ target }}", "{{ signal }}", 9, "names unknown 'signal'; known: {{ target }}"),
        ("{{ target }}", "{{ target | upper }}", 9, "is not a template"),
        ("binding.unit", "binding.table", 11, "names unknown binding 'table'; known: unit"),
        ("--unit={{ binding.unit }}", "--unit='{{ binding.unit }}'", 11, "has a template between quotes"),
        ("--unit={{ binding.unit }}", "`{{ binding.unit }}`", 11, "has a template between quotes"),
        ("--unit={{ binding.unit }}", "--unit='a", 11, "has no closing quotation"),
        ("journalctl --unit={{ binding.unit }}", "'{{ binding.unit }} --now'", 11, "lets a value name the program"),
        ("--unit={{ binding.unit }}", "> {{ binding.unit }}", 11, "or the file to write"),
        ("journalctl ", "ssh web journalctl ", 11, "ssh reads the value as shell once more"),
        ("journalctl ", "/bin/sh -c journalctl ", 11, "/bin/sh reads the value as shell once more"),
        ("run: journalctl", 'run: "l\\ns" #', 11, "has a line break or an invisible character"),
        ("  steps:", "  stages: []\n  steps:", 8, "unknown key 'by_hand.stages'"),
    ],
)
def test_a_fault_is_named_with_its_line(old: str, new: str, line: int, words: str) -> None:
    assert load_cause(TEXT, "slow_orders.yaml", TERMS).by_hand is not None
    changed = TEXT.replace(old, new, 1)
    assert changed != TEXT
    with pytest.raises(SourceError) as caught:
        load_cause(changed, "slow_orders.yaml", TERMS)
    (fault,) = caught.value.faults
    assert (fault.line, words in fault.message) == (line, True), fault
