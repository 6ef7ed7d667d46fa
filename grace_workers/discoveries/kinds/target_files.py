"""A folder with one file for each target."""

import hashlib
from collections.abc import Sequence

from pydantic import Field

from grace_workers.actions import KindName, Ownership
from grace_workers.discoveries.discovery import Discovery, Look
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import PermanentError
from grace_workers.foundation.field_types import FilePath
from grace_workers.foundation.own_file import require_given
from grace_workers.foundation.yaml_file import YamlFile, read_source
from grace_workers.orchestration.discovery.sighting import Sighting


class TargetFiles(Document):
    """A folder with a file for each target: `shop-web.yaml` declares the target `shop-web`.

    A file has the keys of a target in `grace.yaml` but `name` and `environment`, and `heartbeat`. Others than Grace's
    user and root may not change the folder or a file. A file with another kind or connection is another thing of the
    same name.
    """

    folder: FilePath = Field(description="The folder.")


class TargetFile(Document):
    """One file."""

    kind: KindName
    owner: Ownership | None = None
    connection: dict[str, JsonValue] = Field(default_factory=dict, repr=False)
    labels: dict[str, str] = Field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    heartbeat: dict[str, str] = Field(default_factory=dict)


def open_target_files(said: TargetFiles) -> Look:
    """Return what reads the folder."""

    def look() -> Sequence[Sighting]:
        require_given(said.folder, "folder")
        try:
            paths = sorted(one for one in said.folder.iterdir() if one.suffix in {".yaml", ".yml"})
            return [_sighting(path.stem, read_source(path, str(path))) for path in paths]
        except OSError as error:
            raise PermanentError(f"folder {said.folder} cannot be read: {error.strerror}") from error

    return look


def _sighting(name: str, source: YamlFile) -> Sighting:
    said = TargetFile.read(source.value, f"file {source.file}")
    thing = f"{said.kind} {sorted(said.connection.items())!r}"
    return Sighting(
        name=name,
        identity=hashlib.sha256(thing.encode()).hexdigest()[:12],
        labels=said.labels,
        depends_on=said.depends_on,
        heartbeat=said.heartbeat,
        kind=said.kind,
        owner=said.owner,
        connection=said.connection,
    )


EXAMPLE = """\
discoveries:
  - name: team_targets
    kind: target_files
    options: {folder: /etc/grace/targets}
    kinds: [process, http]
    owner: internal
"""

DEFINITION = Discovery(
    name="target_files",
    summary="A folder with one file for each target.",
    options=TargetFiles,
    open=open_target_files,
    whole=True,
    example=EXAMPLE,
)
