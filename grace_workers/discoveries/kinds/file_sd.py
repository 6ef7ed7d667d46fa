"""Files with target groups, as Prometheus' `file_sd_configs` reads them."""

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from grace_workers.discoveries._groups import VALUES, GroupOptions, sightings
from grace_workers.discoveries.discovery import Discovery, Look
from grace_workers.foundation.errors import PermanentError
from grace_workers.foundation.field_types import FilePath
from grace_workers.foundation.own_file import require_given
from grace_workers.foundation.yaml_file import read_source
from grace_workers.orchestration.discovery.sighting import Sighting

_MOST = 4 << 20


class FileSd(GroupOptions):
    """Files in JSON or YAML with `[{"targets": ["10.0.0.1:8080"], "labels": {"service": "shop"}}]`.

    Others than Grace's user and root may not change them.
    """

    files: tuple[FilePath, ...] = Field(min_length=1, max_length=50, description="The files.")


def open_file_sd(said: FileSd) -> Look:
    """Return what reads the files."""
    return lambda: [one for path in said.files for one in _read(path, said)]


def _read(path: Path, said: FileSd) -> Sequence[Sighting]:
    if path.suffix != ".json":
        return sightings(read_source(path, str(path)).value, said, f"file {path}")
    require_given(path, "file")
    try:
        with path.open("rb") as stream:
            content = stream.read(_MOST + 1)
        if len(content) > _MOST:
            raise PermanentError(f"file {path} is larger than {_MOST >> 20} MiB")
        return sightings(json.loads(content), said, f"file {path}")
    except OSError as error:
        raise PermanentError(f"file {path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise PermanentError(f"file {path} is no JSON") from error


EXAMPLE = """\
discoveries:
  - name: web_servers
    kind: file_sd
    options: {files: [/etc/grace/web.json], name_label: instance}
    kinds: [http]
    connection: {url: "http://{address}"}
    keep_labels: [service]
"""

DEFINITION = Discovery(
    name="file_sd",
    summary="Files with target groups, as Prometheus reads them.",
    options=FileSd,
    open=open_file_sd,
    values=VALUES,
    example=EXAMPLE,
)
