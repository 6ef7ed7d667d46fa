"""The Markdown of the reference pages."""

from collections.abc import Sequence

MADE = "<!-- Made by `make docs`; change the code instead. -->"


def title(name: str, intro: str) -> str:
    return f"# {name}\n\n{MADE}\n\n{intro}"


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def page(parts: Sequence[str]) -> str:
    return "\n\n".join(parts) + "\n"
