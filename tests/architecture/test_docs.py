"""The pages: every link leads somewhere, every page is reachable, and what is generated from the code is current."""

import re
from pathlib import Path

import pytest

from tests.architecture.generate_reference import FOLDER, pages
from tests.architecture.house import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
MACHINE = re.compile(r"(?<![\w.])/(?:work|root|tmp|home)/")
INTERNAL = re.compile(r"^\s*(?:from|import) grace_workers\.(?:bootstrap|orchestration|adapters)\b.*$", re.MULTILINE)
# These pages are for contributors to the product; every other page imports only what is published.
CONTRIBUTING = ROOT / "docs" / "contributing"
README_LINES = 120
KINDS = ("tutorial", "how-to", "reference", "explanation", "contributing", "adr")
ADR = re.compile(
    r"^# (\d+)\. \S.*\n\nAccepted, \d{4}-\d{2}\.\n\n## Context\n.*\n## Decision\n.*\n## Consequences\n", re.DOTALL
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path):
    assert [link for link in _links(page) if not _leads(page, link)] == []


def test_every_page_is_reached_from_the_index():
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached:
            continue
        reached.add(page)
        ahead += [place for link in _links(page) if (place := _place(page, link)) and place.suffix == ".md"]
    assert {page.relative_to(ROOT).as_posix() for page in PAGES} - {
        page.relative_to(ROOT).as_posix() for page in reached
    } == set()


def test_every_page_is_of_a_kind():
    folders = {page.relative_to(ROOT / "docs").parts[0] for page in (ROOT / "docs").rglob("*.md")}
    assert folders == {*KINDS, "README.md"}


def test_no_page_knows_a_machine():
    assert [page.name for page in PAGES if MACHINE.search(page.read_text(encoding="utf-8"))] == []


def test_no_page_imports_what_is_not_published():
    offences = [
        f"{page.relative_to(ROOT).as_posix()}: {line}"
        for page in PAGES
        if not page.is_relative_to(CONTRIBUTING)
        for line in INTERNAL.findall(page.read_text(encoding="utf-8"))
    ]
    assert offences == []


def test_the_readme_is_one_page():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES


def test_what_is_generated_is_current():
    stale = [name for name, text in pages().items() if (FOLDER / name).read_text(encoding="utf-8") != text]
    assert stale == [], "run `make docs`"


def test_decisions_are_numbered_without_a_gap_and_say_why():
    records = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [path.name[:4] for path in records] == [f"{number:04}" for number in range(1, len(records) + 1)]
    for path in records:
        found = ADR.match(path.read_text(encoding="utf-8"))
        assert found, f"{path.name}: title, state, context, decision, consequences"
        assert int(found.group(1)) == int(path.name[:4])


def _links(page: Path) -> list[str]:
    prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return LINK.findall(prose)


def _leads(page: Path, link: str) -> bool:
    if link.startswith(("https://", "http://", "mailto:")):
        return True
    place = _place(page, link)
    if place is None or not place.exists():
        return False
    anchor = link.partition("#")[2]
    return not anchor or anchor in _anchors(place)


def _place(page: Path, link: str) -> Path | None:
    """Return the file that a link within the repository names."""
    name = link.partition("#")[0]
    if link.startswith(("https://", "http://", "mailto:")):
        return None
    return (page.parent / name).resolve() if name else page


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
