import contextlib
import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grace_workers.foundation.yaml_file import SourceError, parse_source
from grace_workers.playbooks import dump, lint, load_directories, load_text
from tests.unit.playbooks.kit import CHECKS, PRIMITIVES, TEXT, load


def faults_of(text: str | bytes) -> list[str]:
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(SourceError) as caught:
        read(content)
    return [str(fault) for fault in caught.value.faults]


def read(content: bytes) -> object:
    parse_source(content, "x.yaml")
    return load_text(content.decode(), "x.yaml", PRIMITIVES, CHECKS)


def test_an_unknown_primitive_is_named_with_file_line_and_what_there_is():
    text = TEXT.replace("primitive: mend", "primitive: reboot")
    with pytest.raises(SourceError) as caught:
        load(text)
    assert str(caught.value) == (
        "playbooks/mend_it.yaml:8: step 1 names unknown primitive 'reboot'; known: mend, purge, burn"
    )


@pytest.mark.parametrize(
    ("before", "after", "line", "words"),
    [
        ("check: alive", "check: breathing", 10, "expectation 1 names unknown check 'breathing'; known: alive"),
        ("version: 1", "version: 1\nversion: 2", 4, "duplicate key 'version'"),
        ("version: 1", "version: one", 3, "version: Input should be a valid integer"),
        ("version: 1", "wersion: 1", 3, "unknown key 'wersion'"),
        ("aspect: performance\n", "", 1, "'aspect' is missing; add it"),
        ("primitive: mend", "primitive: mend\n    params: {patience: 5}", 9, ""),
        ("primitive: mend", "primitive: mend\n    params: {patience: soon}", 9, "duration 'soon' is not like"),
        ("primitive: mend", "primitive: mend\n    params: {count: 10}", 9, "less than or equal to 9"),
        (
            "primitive: mend",
            "primitive: mend\n    params: {speed: 1}",
            9,
            "param 'speed' is not accepted; accepted params: patience",
        ),
        ("primitive: mend", 'primitive: mend\n    params: {name: "{{ params.x }}"}', 9, "unknown 'params.x'"),
        ("primitive: mend", 'primitive: mend\n    params: {name: "{{ target.name }}"}', 9, "unknown 'target.name'"),
        ("primitive: mend", 'primitive: mend\n    params: {name: "{{ 7*7 }}"}', 9, "is not a template"),
        ("within: 10s", "within: 10", 10, "needs a unit"),
        ("within: 10s", "within: 3m", 1, "budget 2m is shorter than the longest expectation; give 3m"),
        (
            "primitive: mend",
            "primitive: mend\n  - {id: mend, primitive: mend}",
            9,
            "duplicate id 'mend'; rename one",
        ),
        ("within: 10s}", "within: 10s, given: y}", 10, "given names unknown param 'y'"),
        ("bound: 1", "bound: high", 10, "neither a number nor a numeric param"),
        ("name: mend_it", "name: other", 1, "name 'other' differs from the file's name; make it 'mend_it'"),
        ("within: 10s}", "within: 10s, given: y}", 9, "every expectation has `given`"),
        ("within: 10s}", "within: 10s, proves: false}", 9, "every expectation has `proves: false`"),
    ],
)
def test_a_fault_names_its_line_and_its_remedy(before, after, line, words):
    text = TEXT.replace(before, after)
    if not words:
        load(text)
        return
    with pytest.raises(SourceError) as caught:
        load(text)
    found = [fault.line for fault in caught.value.faults if words in fault.message]
    assert found == [line]
    assert {fault.file for fault in caught.value.faults} == {"playbooks/mend_it.yaml"}


def test_a_value_that_only_the_diagnosis_knows_is_left_to_the_plan():
    step = 'primitive: mend\n    params: {count: "{{ binding.n }}"}'
    assert load(TEXT.replace("primitive: mend", step)).steps[0].params == {"count": "{{ binding.n }}"}


def test_a_param_of_the_wrong_type_is_found_before_any_plan():
    step = 'primitive: mend\n    params: {count: "{{ params.n }}"}'
    text = TEXT.replace("steps:", "params: {n: {type: string}}\nsteps:").replace("primitive: mend", step)
    with pytest.raises(SourceError, match=r"mend_it.yaml:10: step 1: param 'count' Input should be a valid integer"):
        load(text)
    assert load(text.replace("type: string", "type: integer, maximum: 20"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: &x [1]\nb: *x", "x.yaml:1: uses an anchor or alias"),
        ("a: !!python/object/apply:os.system ['id']", "uses a YAML tag"),
        ("a: !!str 1", "uses a YAML tag"),
        ("---\na: 1\n---\nb: 2", "x.yaml:3: contains a second document"),
        ("[" * 40, "nested deeper than 12 levels"),
        ("a: 1\nb:\n  - {<<: {c: 1}}", "x.yaml:3: uses a key that is not plain text"),
        ("? [1]\n: 2", "uses a key that is not plain text"),
        ("a: 1\nb: x\x00y", "x.yaml:2: contains a NUL byte"),
        (b"a: 1\nb: \xff", "x.yaml:2: is not UTF-8"),
        ("a: [1, 2", "is not YAML"),
        ("a: \x07", "is not YAML"),
        ("", "is empty"),
        ("- 1", "is not a mapping"),
        ("a: " + "x" * 70_000, "larger than 64 KiB"),
        ("\n".join(f"k{n}: 1" for n in range(4_000)), "holds more than 5000 values"),
    ],
)
def test_hostile_yaml_is_refused_with_a_sentence(text, words):
    assert words in faults_of(text)[0]


def test_words_that_old_yaml_reads_as_truth_values_stay_text():
    value = parse_source(b"a: off\nb: no\nc: 12:30\nd: 010\ne: 1.5\nf: true\ng: 2026-01-01\nh: ~", "x.yaml").value
    assert value == {"a": "off", "b": "no", "c": "12:30", "d": 10, "e": 1.5, "f": True, "g": "2026-01-01", "h": None}


def test_all_faults_of_a_folder_come_together(tmp_path):
    (tmp_path / "a.yaml").write_text(TEXT)
    (tmp_path / "b.yaml").write_text("b: [")
    (tmp_path / "mend_it.yaml").write_text(TEXT)
    (tmp_path / "readme.md").write_text("not a playbook")
    found = lint(tmp_path, PRIMITIVES, CHECKS)
    assert [fault.file.split("/")[1] for fault in found] == ["a.yaml", "b.yaml"]
    with pytest.raises(SourceError):
        load_directories([tmp_path], PRIMITIVES, CHECKS)


def test_an_unknown_kind_of_target_is_a_fault_where_the_kinds_are_known(tmp_path):
    said = TEXT.replace("{causes: [broken]}", "{causes: [broken], target_kinds: [process, procss]}")
    (tmp_path / "mend_it.yaml").write_text(said)
    (fault,) = lint(tmp_path, PRIMITIVES, CHECKS, ["files", "process"])
    assert fault.line == 4
    assert fault.message == "when.target_kinds names unknown kind 'procss'; known: files, process"
    assert lint(tmp_path, PRIMITIVES, CHECKS, ["process", "procss"]) == []


def test_a_folder_that_is_not_there_is_one_clear_fault(tmp_path):
    with pytest.raises(SourceError, match="cannot be read"):
        load_directories([tmp_path / "gone"], PRIMITIVES, CHECKS)


def test_what_is_no_regular_file_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "fifo.yaml")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    found = lint(tmp_path, PRIMITIVES, CHECKS)
    assert len(found) == 4
    assert {fault.message for fault in found} == {"is not a regular file; check the path"}


def test_a_later_folder_takes_precedence(tmp_path):
    for name, version in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mend_it.yaml").write_text(TEXT.replace("version: 1", f"version: {version}"))
    assert load_directories([tmp_path / "one", tmp_path / "two"], PRIMITIVES, CHECKS)["mend_it"].version == 2


def test_the_digest_is_of_the_content_not_of_the_layout():
    assert load(TEXT + "\n# a comment\n").digest == load().digest
    assert load(TEXT.replace("bound: 1", "bound: 2")).digest != load().digest


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=3, max_size=40)


@given(
    description=words,
    version=st.integers(1, 10_000),
    seconds=st.integers(1, 60),
    label=words.map(lambda text: text.replace("{", "").replace("}", "")),
    bound=st.one_of(st.integers(-5, 5), st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3))),
)
def test_what_is_dumped_loads_to_an_equal_playbook(description, version, seconds, label, bound):
    first = load()
    item = first.expectations[0]
    changed = first.model_validate(
        {
            **first.model_dump(mode="json"),
            "description": description,
            "version": version,
            "when": {"causes": ["broken"], "labels": {"team": label}},
            "expectations": [{**item.model_dump(mode="json"), "within": f"{seconds}s", "bound": bound}],
        }
    )
    again = load(dump(changed))
    assert again == changed
    assert again.digest == changed.digest


HOSTILE = st.one_of(
    st.text(st.sampled_from(list("abc:{}[]&*!|>-?#%@`'\",. \n\t0123=~<\\")), max_size=300),
    st.text(max_size=200),
    st.binary(max_size=200),
)


@settings(max_examples=300)
@given(content=HOSTILE)
def test_no_bytes_do_more_than_give_data_or_a_fault(content):
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    begun = time.perf_counter()
    with contextlib.suppress(SourceError):
        value = parse_source(raw, "x.yaml").value
        assert isinstance(value, dict | list | str | int | float | bool | None)
    assert time.perf_counter() - begun < 5


@given(place=st.integers(0, len(TEXT)), junk=st.text(max_size=12))
def test_a_damaged_playbook_loads_or_is_refused(place, junk):
    with contextlib.suppress(SourceError):
        assert load(TEXT[:place] + junk + TEXT[place:]).steps
