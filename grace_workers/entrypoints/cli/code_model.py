"""`grace code model`: what the language model costs the fleet today."""

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer

EXAMPLE = "Example:  grace code model"


@with_endpoint
def code_model(endpoint: Endpoint, as_json: AsJson = False) -> None:
    """Show what the fleet has used of the language model since midnight, UTC, and its limits of a day."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/coding/model")
    rows = [
        ("tokens", found["tokens"], found["pending_tokens"], found["daily_tokens"]),
        ("cost", *(f"{found[name]:.4f}" for name in ("cost", "pending_cost", "daily_cost"))),
    ]
    name = found["name"] or "none is declared"
    told = f"language model: {name}; answers on {found['day']}: {found['answers']}"
    answer(found, Rows(("of today", "used", "pending", "limit"), rows), told, as_json=as_json)
