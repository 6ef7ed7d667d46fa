from grace_workers.coding import AuthoredCommit
from grace_workers.coding.engines.index.owners import FileAuthors

YEAR = 365 * 86_400


def commit(author: str, at: int, *files: str, **moved: str) -> AuthoredCommit:
    return AuthoredCommit(author=author, at=at, files=files, moved=moved)


def owners(ownership: FileAuthors, file: str) -> list[tuple[str, int, float]]:
    return [(one.name, one.commits, one.share) for one in ownership.owners(file)]


def test_work_of_a_year_ago_counts_half() -> None:
    ownership = FileAuthors()
    ownership.add([commit("ann", 0, "a.py"), commit("ann", 0, "a.py"), commit("bob", YEAR, "a.py")])
    assert owners(ownership, "a.py") == [("ann", 2, 0.5), ("bob", 1, 0.5)]
    assert owners(ownership, "b.py") == []


def test_whoever_moves_a_file_does_not_take_it_over() -> None:
    ownership = FileAuthors()
    ownership.add([commit("ann", 1, "a"), commit("ann", 2, "a"), commit("bob", 3, "b", a="b")])
    assert [one[:2] for one in owners(ownership, "b")] == [("ann", 2), ("bob", 1)]
    assert owners(ownership, "a") == []


def test_what_was_kept_goes_on() -> None:
    first = FileAuthors()
    first.add([commit("ann", 1, "a", "b")])
    second = FileAuthors(first.plain(["a"]))
    second.add([commit("ann", 2, "a")])
    assert owners(second, "a") == [("ann", 2, 1.0)]
    assert owners(second, "b") == []
