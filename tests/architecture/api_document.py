"""The API's own document, as the reference stores it."""

import hashlib
import json
from typing import Any

from grace_workers.entrypoints.api.app import described_app


def document_of(sources: Any) -> str:
    """Return the OpenAPI document as JSON."""
    return json.dumps(described_app(sources).openapi(), indent=1, ensure_ascii=False) + "\n"


def digest_of(document: str) -> str:
    """Return the changelog's name for this state of the API's document; the version of the release is left out."""
    told = json.loads(document)
    del told["info"]["version"]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]
