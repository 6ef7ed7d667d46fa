"""A project's entry points as if it were installed, so that its own definitions can be tested before that."""

import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 0\n"


@contextmanager
def declared(project: Path, folder: Path) -> Iterator[None]:
    """Let every catalog that is read within find what `project`, a `pyproject.toml`, declares as entry points.

    `folder` is an empty one, which is on `sys.path` meanwhile. Catalogs that were read before stay as they are.

    Raises:
        KeyError: the file declares no project.
    """
    said = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    place = folder / "declared-0.dist-info"
    place.mkdir()
    (place / "METADATA").write_text(_METADATA.format(name=said["name"]), encoding="utf-8")
    rows = [row for group, points in said.get("entry-points", {}).items()
            for row in (f"[{group}]", *(f"{name} = {place}" for name, place in points.items()))]  # fmt: skip
    (place / "entry_points.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
