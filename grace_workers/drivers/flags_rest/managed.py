"""The flags of one API: read and switched by version, and looked at as clients are served them."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from grace_workers.actions import Flag, FlagStore
from grace_workers.drivers._shared.awaiting import awaited
from grace_workers.drivers._shared.bearer import bearer
from grace_workers.drivers._shared.flagd_definition import flag_of, has_default
from grace_workers.drivers._shared.rest import RestAnswer, RestApi
from grace_workers.foundation.errors import InputError, NotFoundError, PermanentError
from grace_workers.foundation.secret import Secret

# A key is a step of a path, so it must not lead anywhere else.
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_MERGE = {"Content-Type": "application/merge-patch+json"}
_ASKER = {"context": {"targetingKey": "grace"}}


class ManagedFlags(FlagStore):
    """Flags that an API manages. Only the default variant of one flag is ever changed, and only as it was read."""

    def __init__(self, url: str, token: Secret | None, evaluation: str | None, patience: timedelta) -> None:
        self._token = token
        self._manages = RestApi("the flags' API", url, self._login)
        self._serves = None if evaluation is None else RestApi("the evaluation", evaluation, self._login)
        self._patience = patience.total_seconds()

    def flags(self) -> Sequence[Flag]:
        """Return all flags that have a default variant, by key."""
        told = self._manages.ask("GET", "/flags", what="the flags").body
        stored = told.get("flags") if isinstance(told, dict) else None
        if not isinstance(stored, dict):
            raise PermanentError("the flags' API answers without an object `flags`; check `url`")
        return [flag_of(key, stored[key]) for key in sorted(stored) if _KEY.fullmatch(key) and has_default(stored[key])]

    def flag(self, key: str) -> Flag:
        return self._read(key)[0]

    def set_variant(self, key: str, variant: str) -> Flag:
        """Make `variant` the default, unless the flag changed since it was read, and wait until it is served."""
        flag, etag = self._read(key)
        if variant not in flag.variants:
            raise InputError(f"flag {key!r} has no variant {variant!r}; it has: {', '.join(flag.variants)}")
        if flag.variant != variant:
            if etag is None:
                raise PermanentError(
                    f"flag {key!r} comes without an ETag, so a switch could overwrite another's change"
                )
            headers = {**_MERGE, "If-Match": etag}
            self._manages.ask("PATCH", _path(key), {"defaultVariant": variant}, what=_words(key), headers=headers)
            flag, _ = self._read(key)
        serves = self._serves
        if serves is not None and flag.enabled and not flag.targeted:
            late = f"flag {key!r} is stored as {variant!r} and was not served so within {self._patience:g} s"
            awaited(lambda: self._served(serves, key), lambda one: one == variant, late, within=self._patience)
        return flag

    def _read(self, key: str) -> tuple[Flag, str | None]:
        if not _KEY.fullmatch(key):
            raise NotFoundError(f"no flag {key[:80]!r}: a key is letters, digits, and `._-` after the first of them")
        answer: RestAnswer = self._manages.ask("GET", _path(key), what=_words(key))
        if not has_default(answer.body):
            raise PermanentError(f"flag {key!r} has no default variant or no variants; add them")
        return flag_of(key, answer.body), answer.etag

    def _served(self, serves: RestApi, key: str) -> str | None:
        """Return the variant that a client is served; None when there is none."""
        path = f"/ofrep/v1/evaluate{_path(key)}"
        told = serves.ask("POST", path, _ASKER, what=f"the evaluation of {_words(key)}").body
        variant: Any = told.get("variant") if isinstance(told, dict) else None
        return variant if isinstance(variant, str) else None

    def _login(self) -> Mapping[str, str]:
        return bearer(self._token, "the flags' API")


def _path(key: str) -> str:
    return f"/flags/{key}"


def _words(key: str) -> str:
    return f"flag {key!r}"
