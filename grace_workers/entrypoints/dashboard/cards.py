"""The title of each column on the cells below it, so that a narrow screen can show the rows of a table as cards.

It happens once, when a template is read. A table whose columns are made in a loop carries its titles itself.
"""

import re

from jinja2 import Environment
from jinja2.ext import Extension

_TABLE = re.compile(r"<thead><tr>(?P<head>.*?)</tr></thead>(?P<body>.*?)</table>", re.DOTALL)
_TITLE = re.compile(r"<th scope=\"col\"[^>]*>(.*?)</th>")
_ROW = re.compile(r"<tr\b.*?</tr>", re.DOTALL)
_CELL = re.compile(r"<(?P<kind>t[dh])\b(?P<more>[^>]*)>")


class TitledCells(Extension):
    """Writes `data-title` on the cells of tables, from the heads of their columns."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Return the template with titles. Raises ValueError if a row has not as many cells as the head."""
        del filename
        return _TABLE.sub(lambda found: _titled(found, name or "a template"), source)


def _titled(found: re.Match[str], name: str) -> str:
    if "{%" in found["head"]:
        return found[0]
    titles = _TITLE.findall(found["head"])
    body = _ROW.sub(lambda row: _row(row[0], titles, name), found["body"])
    return f"<thead><tr>{found['head']}</tr></thead>{body}</table>"


def _row(row: str, titles: list[str], name: str) -> str:
    if "colspan" in row:
        return row
    cells = _CELL.findall(row)
    if len(cells) != len(titles):
        raise ValueError(f"{name}: a row has {len(cells)} cells below {len(titles)} columns: {row[:80]}")
    left = iter(titles)
    return _CELL.sub(lambda cell: _cell(cell, next(left)), row)


def _cell(cell: re.Match[str], title: str) -> str:
    return cell[0] if cell["kind"] == "th" else f'<td{cell["more"]} data-title="{title}">'
