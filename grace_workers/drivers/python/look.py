"""Run by the environment's own interpreter, of whatever version: prints what is installed of some packages, as JSON.

With `--in=FOLDER` first, once or more, it looks into those folders. For each name: the version, and how many files of
its record are missing or have another SHA-256. Needs nothing but the standard library.
"""

import base64
import hashlib
import importlib.metadata
import json
import sys
from pathlib import Path
from typing import Dict, List, Optional, Union  # noqa: UP035 - the environment may be older than this project


def damaged(distribution: importlib.metadata.Distribution) -> int:
    """Return how many files of the distribution are not as they were installed; one if it has no record of them."""
    if distribution.files is None:
        return 1
    count = 0
    for one in distribution.files:
        if one.hash is None or one.hash.mode != "sha256":
            continue
        try:
            content = Path(str(distribution.locate_file(one))).read_bytes()
        except OSError:
            count += 1
            continue
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        count += digest != one.hash.value
    return count


def main() -> None:
    """Print it."""
    found: Dict[str, Optional[List[Union[str, int]]]] = {}  # noqa: UP006, UP007, UP045 - as above
    places = [one[len("--in=") :] for one in sys.argv[1:] if one.startswith("--in=")]
    if places:
        # Only what lies there counts, so that nothing of the environment passes for it.
        sys.path[:] = places
    for name in sys.argv[1 + len(places) :]:
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
        else:
            found[name] = [distribution.version, damaged(distribution)]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
