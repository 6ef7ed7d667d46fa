"""The API's document is stored, every answer in it has a shape, and each change of it has a line in the changelog."""

import json
import re
from typing import Any

import pytest

from tests.architecture.api_document import digest_of
from tests.architecture.generate_reference import FOLDER
from tests.architecture.house import ROOT

STORED = (FOLDER / "openapi.json").read_text(encoding="utf-8")
DOCUMENT: dict[str, Any] = json.loads(STORED)
OTHERWISE = {
    "GET /metrics": "Prometheus text",
    "GET /api/v1/audit/entries/{entry}/proof": "a proof as text",
    "GET /api/v1/events/stream": "server-sent events",
    "GET /api/v1/jobs/{job_id}/log/stream": "server-sent events",
    "GET /api/v1/snapshots/{wanted}/content": "a part as it was",
}
OPERATIONS = {
    f"{verb.upper()} {path}": told for path, verbs in DOCUMENT["paths"].items() for verb, told in verbs.items()
}
CHANGES = re.compile(r"^### HTTP API\n\n(.*?)(?=^##)", re.MULTILINE | re.DOTALL)
LINE = re.compile(r"^- .*?\(`([0-9a-f]{12})`\)$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("operation", sorted(OPERATIONS.keys() - OTHERWISE.keys()))
def test_every_answer_has_a_shape_of_its_own(operation: str) -> None:
    [answer] = [one for code, one in OPERATIONS[operation]["responses"].items() if code.startswith("2")]
    content = answer["content"]["application/json"]
    if "example" in content:
        return  # The answer of a source whose senders expect one of their own.
    schema = content["schema"]
    named = schema.get("$ref") or schema.get("items", {}).get("$ref")
    assert named, f"{operation} answers with {schema}; give its route a View"
    assert DOCUMENT["components"]["schemas"][named.rpartition("/")[2]]["properties"]


def test_every_exception_is_still_needed() -> None:
    assert OTHERWISE.keys() <= OPERATIONS.keys()


def test_a_change_of_the_api_has_a_line_in_the_changelog() -> None:
    unreleased = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").partition("## [Unreleased]")[2]
    [section] = CHANGES.findall(unreleased.partition("\n## [")[0] + "\n##")
    digests = LINE.findall(section)
    assert digests[:1] == [digest_of(STORED)], (
        "the API has changed: begin `### HTTP API` of the changelog with a line that says how and ends with "
        f"(`{digest_of(STORED)}`)"
    )
    assert len(digests) == len(set(digests)) == len(re.findall(r"^- ", section, re.MULTILINE))
