"""Who owns which file: the authors of its commits, with later work counting more. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from grace_workers.coding.repository import AuthoredCommit

_HALVED = timedelta(days=365).total_seconds()
_MOST = 5


class AuthorRecord(NamedTuple):
    """What an author did to a file: commits, and the time of the last one in seconds since 1970."""

    commits: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeOwner:
    """An author of a file. `share` is that of all work on it, where work a year old counts half as much."""

    name: str
    commits: int
    share: float
    last: int


class FileAuthors:
    """Authors by file. Whoever moves a file does not take it over."""

    def __init__(self, known: Mapping[str, Mapping[str, Sequence[int]]] | None = None) -> None:
        self._of: dict[str, dict[str, AuthorRecord]] = defaultdict(dict)
        for file, authors in (known or {}).items():
            self._of[file] = {name: AuthorRecord(*one) for name, one in authors.items()}

    def add(self, commits: Iterable[AuthoredCommit]) -> None:
        """Count commits, which come oldest first."""
        for one in commits:
            for old, new in one.moved.items():
                if old in self._of:
                    self._of[new] = self._of.pop(old)
            for file in one.files:
                before = self._of[file].get(one.author, AuthorRecord(0, 0))
                self._of[file][one.author] = AuthorRecord(before.commits + 1, max(before.last, one.at))

    def owners(self, file: str) -> Sequence[CodeOwner]:
        """Return the authors of a file, the greatest share first, the first five."""
        known = self._of.get(file, {})
        newest = max((one.last for one in known.values()), default=0)
        weight = {name: one.commits * 0.5 ** ((newest - one.last) / _HALVED) for name, one in known.items()}
        whole = sum(weight.values()) or 1.0
        ranked = sorted(known, key=lambda name: (-weight[name], name))
        return [
            CodeOwner(
                name=name, commits=known[name].commits, share=round(weight[name] / whole, 3), last=known[name].last
            )
            for name in ranked[:_MOST]
        ]

    def plain(self, files: Iterable[str]) -> Mapping[str, Mapping[str, Sequence[int]]]:
        """Return it as JSON's types, for these files."""
        return {file: self._of[file] for file in files if file in self._of}
