"""An index that was kept: only what differs is read again, and nothing of a damaged or older one is used."""

from dataclasses import dataclass, field

import pytest

from grace_workers.coding.engines.index.keeping import IndexedCommit, indexed
from tests.unit.coding.benches import MemoryRepository

FILES = {"a.py": "def f():\n    g()\n\n\ndef g(): ...\n", "b.py": "from a import f\n\nf()\n", "c.txt": "no code"}


@dataclass
class Kept:
    """Keeps the last index, and may have no room."""

    content: bytes | None = None
    full: bool = False
    saves: list[str] = field(default_factory=list)

    def load(self, repository: str, commit: str) -> bytes | None:
        return self.content

    def save(self, repository: str, commit: str, content: bytes) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self.saves.append(commit)
        self.content = content


@dataclass(frozen=True)
class Commit(MemoryRepository):
    """A commit with a number."""

    number: int = 0

    def head(self) -> str:
        return f"{self.number:040}"


def shown(found: IndexedCommit) -> tuple[int, int, list[str]]:
    [place] = found.index.find("a.f")
    return found.parsed, found.kept, [str(one.by) for one in found.index.callers(place)]


def test_only_files_that_differ_are_read_again() -> None:
    store = Kept()
    assert shown(indexed(Commit(FILES), store, "1")) == (2, 0, ["b.py"])
    assert shown(indexed(Commit(FILES), store, "1")) == (0, 2, ["b.py"])
    assert len(store.saves) == 1
    changed = {**FILES, "b.py": "x = 1\n", "d.py": "import a\n\n\ndef h():\n    a.f()\n"}
    assert shown(indexed(Commit(changed, number=1), store, "1")) == (2, 1, ["d.py::h"])
    gone = {"a.py": FILES["a.py"]}
    assert shown(indexed(Commit(gone, number=2), store, "1")) == (0, 1, [])


@pytest.mark.parametrize("damage", [b"", b"\n{}", b"x", None])
def test_nothing_of_a_damaged_index_is_used(damage: bytes | None) -> None:
    store = Kept()
    indexed(Commit(FILES), store, "1")
    store.content = damage if damage is not None else (store.content or b"").replace(b'"f"', b'"e"')
    assert shown(indexed(Commit(FILES), store, "1")) == (2, 0, ["b.py"])


def test_another_version_reads_everything_again() -> None:
    store = Kept()
    indexed(Commit(FILES), store, "1")
    assert shown(indexed(Commit(FILES), store, "2")) == (2, 0, ["b.py"])


def test_without_room_the_index_answers_and_says_that_it_is_not_kept() -> None:
    found = indexed(Commit(FILES), Kept(full=True), "1")
    assert shown(found) == (2, 0, ["b.py"])
    assert found.unkept == "No space left on device"


def test_without_a_place_everything_is_read() -> None:
    assert shown(indexed(Commit(FILES), None, "1")) == (2, 0, ["b.py"])
