"""No name here is meaningless or boastful."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

from tests.architecture.house import ROOT, Source, everything, product

EMPTY = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc", "base", "handler", "handlers"}
BOASTS = {"elite", "advanced", "smart", "intelligent", "unbreakable", "robust", "seamless"}
BANNED = EMPTY | BOASTS
PROSE = re.compile(
    r"\b(" + "|".join(BOASTS | {"next-generation", "seamlessly", "robustly", "smartly"}) + r")\b", re.IGNORECASE
)
PUBLISHED = re.compile(r"/elite\b")
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK")) + r")\b")

ALLOWED = {
    "knowledge_base": "what the fleet knows is called that, so the kernel is, and the file is the kernel's",
    "extract_helper": "the intent is called that wherever refactoring is spoken of, and the file is the intent's",
    "visit_ExceptHandler": "ast.NodeVisitor finds the method by the name of the node",
    "GraceHandler": "a logging.Handler, and every Python programmer looks for that word",
}


def test_a_file_is_named_for_what_is_in_it():
    offences = [one.place for one in everything() if _words(_stem(one)) & BANNED and _stem(one) not in ALLOWED]
    assert offences == []


def test_a_definition_is_named_for_what_it_is():
    offences = [
        f"{source.place}:{node.lineno} {node.name}"
        for source in everything()
        for node in source.definitions
        if _words(node.name) & BANNED and node.name not in ALLOWED
    ]
    assert offences == []


def test_one_public_name_is_one_class():
    places = defaultdict(list)
    for source in product():
        for found in source.tree.body:
            if isinstance(found, ast.ClassDef) and not found.name.startswith("_"):
                places[found.name].append(f"{source.place}:{found.lineno}")
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_every_exception_is_still_needed():
    named = {node.name for source in everything() for node in source.definitions} | {_stem(one) for one in everything()}
    assert set(ALLOWED) <= named


def test_prose_does_not_boast():
    offences = [
        f"{path.relative_to(ROOT).as_posix()}:{number} {found.group()}"
        for path in _texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (found := PROSE.search(PUBLISHED.sub("", line)))
    ]
    assert offences == []


def test_nothing_is_left_for_later():
    offences = [
        f"{path.relative_to(ROOT).as_posix()}:{number}"
        for path in [*_texts(), *(source.path for source in everything())]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if UNFINISHED.search(line)
    ]
    assert offences == []


def _texts() -> Iterator:
    yield from ROOT.glob("*.md")
    yield from (ROOT / "docs").rglob("*.md")
    yield from (ROOT / "playbooks").glob("*.yaml")


def _stem(source: Source) -> str:
    return source.path.stem.removeprefix("test_")


def _words(name: str) -> set[str]:
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return {word.lower() for word in apart.split("_") if word}
