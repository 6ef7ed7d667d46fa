"""The page of all sources, each with what to paste at the sender and what it then sends."""

from typing import Any

from tests.architecture.markdown import page, table, title

_OTHERS = "## Signals without a format of their own\n\nThese need no address; each link has what to paste."
_HEAD = ("From", "By")
_DOORS = [
    ("Python's logging", "[`GraceHandler`](../how-to/send-signals.md#from-pythons-logging)"),
    ("Celery tasks", "[`capture_task_failures`](../how-to/send-signals.md#from-celery-tasks)"),
    ("Log files", "[`grace follow`](../how-to/send-signals.md#from-log-files)"),
    ("The journal of systemd", "[`grace follow --unit`](../how-to/send-signals.md#from-the-journal)"),
    ("Jobs that must give a sign of life", "[heartbeats](../how-to/send-signals.md#heartbeats)"),
    (
        "HTTP, TCP and TLS services, databases, machines …",
        "nothing: declare a [target](targets.md), and the [triggers](triggers.md) look at it",
    ),
]


def sources_page(sources: Any) -> str:
    """Return the page of all sources, each with what to paste at the sender and what it then sends."""
    intro = (
        "A source is one format that signals arrive in. Each is served at an address of its own and takes a token "
        "of the role `reporter`. [Send signals](../how-to/send-signals.md) says what becomes of them, and "
        "[add a source](../how-to/add-a-source.md) how to teach Grace another format."
    )
    rows = [(f"[`{one.name}`](#{one.name})", one.summary, f"`{address(one)}`") for one in sources]
    parts = [title("Sources", intro), table(("Name", "What it takes", "Address"), rows), _OTHERS, table(_HEAD, _DOORS)]
    for one in sources:
        facts = [
            ("Address", f"`POST {address(one)}`" + "".join(f", `{path}`" for path in appended(one))),
            ("Content types", ", ".join(f"`{kind}`" for kind in one.content_types if kind)),
            ("Packed", "`gzip`, `deflate` or `br`, or not"),
            ("One bad condition", "the whole delivery is refused" if one.whole else "is named; the others are taken"),
            ("Signature", f"with `api.signing_secrets.{one.name}`" if one.verify else "none; the token alone"),
        ]
        shown = one.example.body.decode(errors="replace")
        language = "json" if "json" in one.example.content_type else "text"
        parts += [
            f"## `{one.name}`\n\n{one.summary}.",
            table(("Fact", "Value"), facts),
            f"At the sender:\n\n```{one.client.language}\n{one.client.text.rstrip()}\n```",
            f"What it sends:\n\n```{language}\n{shown}\n```",
        ]
    return page(parts)


def appended(source: Any) -> list[str]:
    """Return the other paths at which the API takes deliveries of the source."""
    roots = [address(source), *([""] if source.rooted else [])]
    return [f"{root}/{below}" for root in roots for below in source.below]


def address(source: Any) -> str:
    """Return where the API takes deliveries of the source."""
    return "/api/v1/signals" if source.name == "plain" else f"/api/v1/signals/{source.name}"
