"""Settings as far as jobs read them, with the files of a test."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class FewFiles:
    """Settings with the files of a test."""

    kept_files: Mapping[str, Path] = field(default_factory=dict)
    data_dir: Path = Path("/none")
