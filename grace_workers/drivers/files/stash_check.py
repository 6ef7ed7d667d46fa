"""A self-test of the stash, on a file in a separate folder."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from grace_workers.drivers.files.tree import DirectoryTree
from grace_workers.foundation.errors import IntegrityError, PermanentError

_NAME = "sample"


class StashCheck:
    """Stashes a file, restores it and compares. Everything is below `folder` and is removed again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def echo(self, text: str) -> str:
        """Stash a file that says `text`, remove it, restore it from the stash, and return what it says."""
        with self._kept(text) as (put_back, _):
            return put_back()

    def refuses_change(self, text: str) -> bool:
        """Stash a file that says `text`, change the copy, and return whether restoring it is refused."""
        with self._kept(text) as (put_back, copy):
            content = bytearray(copy.read_bytes())
            content[len(content) // 2] ^= 1
            copy.write_bytes(content)
            try:
                put_back()
            except IntegrityError:
                return True
        return False

    @contextmanager
    def _kept(self, text: str) -> Iterator[tuple[Callable[[], str], Path]]:
        """Yield a function that restores the file, and the place of its copy."""
        place = self._folder / token_hex(8)
        root, key = place / "tree", "self-test"
        try:
            root.mkdir(parents=True, mode=0o700)
            (root / _NAME).write_text(text, encoding="utf-8")
            tree = DirectoryTree(root, place / "stash")
            tree.stash([_NAME], key)
            tree.remove(key)
            if (root / _NAME).exists():
                raise PermanentError(f"a stashed file could not be removed from {root}")

            def put_back() -> str:
                tree.unstash(key)
                return (root / _NAME).read_text(encoding="utf-8")

            yield put_back, place / "stash" / key / "content"
        except OSError as error:
            raise PermanentError(f"cannot stash anything below {self._folder}: {error.strerror}") from error
        finally:
            shutil.rmtree(place, ignore_errors=True)
