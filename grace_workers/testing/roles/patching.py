"""Unified diffs applied to trees in memory."""

import re
from collections.abc import Mapping

from grace_workers.foundation.errors import ConflictError

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")


def patched(tree: Mapping[str, str], patch: str) -> dict[str, str]:
    """Return the files with a diff applied whose lines are where it says. Raises ConflictError where it does not fit.

    Files are changed and added, not removed, and a missing newline at an end is not kept.
    """
    files = dict(tree)
    for part in re.split(r"^(?=diff --git )", patch, flags=re.MULTILINE)[1:]:
        name = re.search(r"^\+\+\+ b/(.+)$", part, re.MULTILINE)
        if name is None:
            raise ConflictError("the patch names no file")
        files[name[1]] = _changed(files.get(name[1], ""), part, name[1])
    return files


def _changed(text: str, part: str, name: str) -> str:
    lines, made, at = text.splitlines(), [], 0
    for hunk in re.split(r"^(?=@@ )", part, flags=re.MULTILINE)[1:]:
        head, *rows = hunk.splitlines()
        found = _HUNK.match(head)
        if found is None:
            raise ConflictError(f"the patch of {name} has no place")
        start = max(int(found[1]) - 1, 0) if found[2] != "0" else int(found[1])
        old = [row[1:] for row in rows if row[:1] in {" ", "-"}]
        if lines[start : start + len(old)] != old:
            raise ConflictError(f"the patch does not fit {name}")
        made += [*lines[at:start], *(row[1:] for row in rows if row[:1] in {" ", "+"})]
        at = start + len(old)
    return "".join(f"{line}\n" for line in [*made, *lines[at:]])
