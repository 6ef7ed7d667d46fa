"""A flagd file of feature flags as a `FlagStore`; OpenFeature clients read it with the flagd provider."""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from grace_workers.actions import Flag, FlagStore
from grace_workers.drivers._shared.flagd_definition import flag_of, has_default
from grace_workers.drivers.flags.splice import spelling, spliced
from grace_workers.foundation.errors import InputError, NotFoundError, PermanentError
from grace_workers.foundation.plain_file import locked, replace_file, translated

_LARGEST = 16 * 1024 * 1024


class FlagdFile(FlagStore):
    """The flags of one JSON file. Only the value that changes is rewritten; all other bytes stay."""

    def __init__(self, path: Path) -> None:
        # A mounted configuration is often a link; the file behind it is the one to replace.
        self._path = path.resolve()

    def flags(self) -> Sequence[Flag]:
        """Return all flags that have a default variant, by key."""
        stored = self._parse(self._read())
        return [flag_of(key, stored[key]) for key in sorted(stored) if has_default(stored[key])]

    def flag(self, key: str) -> Flag:
        return self._flag(self._parse(self._read()), key)

    def set_variant(self, key: str, variant: str) -> Flag:
        with translated(f"flag file {str(self._path)!r}"), self._alone():
            text = self._read()
            stored = self._parse(text)
            flag = self._flag(stored, key)
            if variant not in flag.variants:
                raise InputError(f"flag {key!r} has no variant {variant!r}; it has: {', '.join(flag.variants)}")
            if flag.variant != variant:
                token = spelling(text, ("flags", key, "variants"), variant)
                changed = spliced(text, ("flags", key, "defaultVariant"), token)
                self._check(text, changed, key, variant)
                replace_file(self._path, changed.encode())
        return self.flag(key)

    def _alone(self) -> AbstractContextManager[int]:
        return locked(self._path.with_name(f".{self._path.name}.lock"))

    def _read(self) -> str:
        with translated(f"flag file {str(self._path)!r}"):
            if not self._path.is_file():
                raise NotFoundError(f"flag file {str(self._path)!r} does not exist; create it or correct the target")
            with self._path.open("rb") as stream:
                raw = stream.read(_LARGEST + 1)
        if len(raw) > _LARGEST:
            raise PermanentError(f"flag file {str(self._path)!r} is larger than {_LARGEST} bytes")
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            raise PermanentError(f"flag file {str(self._path)!r} is not UTF-8 text; restore it") from error

    def _parse(self, text: str) -> dict[str, Any]:
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise PermanentError(f"flag file {str(self._path)!r} is not JSON ({error}); restore it") from error
        flags = document.get("flags") if isinstance(document, dict) else None
        if not isinstance(flags, dict):
            raise PermanentError(f"flag file {str(self._path)!r} has no object `flags`; it is not a flagd file")
        return flags

    def _flag(self, stored: dict[str, Any], key: str) -> Flag:
        if key not in stored:
            known = ", ".join(sorted(stored)[:20]) or "none"
            raise NotFoundError(f"no flag {key[:80]!r} in {str(self._path)!r}; known flags: {known}")
        if not has_default(stored[key]):
            raise PermanentError(f"flag {key!r} in {str(self._path)!r} has no default variant or no variants; add them")
        return flag_of(key, stored[key])

    def _check(self, before: str, after: str, key: str, variant: str) -> None:
        """Check that the changed text differs in this one value only."""
        wanted = json.loads(before)
        wanted["flags"][key]["defaultVariant"] = variant
        if json.loads(after) != wanted:
            raise PermanentError(f"flag file {str(self._path)!r} has a duplicate key; write each key once")
