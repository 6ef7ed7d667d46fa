import pytest
from jinja2 import Environment

from grace_workers.entrypoints.dashboard.cards import TitledCells

HEAD = '<thead><tr><th scope="col">Job</th><th scope="col" class="n">Ran</th></tr></thead>'


def written(body: str, head: str = HEAD) -> str:
    environment = Environment(extensions=[TitledCells], autoescape=True)
    return environment.from_string(f"<table>{head}<tbody>{body}</tbody></table>").render(rows=["a", "b"])


def test_each_cell_carries_the_title_of_its_column_and_the_name_of_a_row_none() -> None:
    body = '{% for one in rows %}<tr><th scope="row">{{ one }}</th><td class="n">1 s</td></tr>{% endfor %}'
    row = '<tr><th scope="row">{}</th><td class="n" data-title="Ran">1 s</td></tr>'
    assert row.format("a") + row.format("b") in written(body)


def test_a_row_of_one_cell_over_all_columns_has_no_title() -> None:
    assert '<td colspan="2">None yet.</td>' in written('<tr><td colspan="2">None yet.</td></tr>')


def test_a_table_whose_columns_are_made_in_a_loop_stays_as_it_is() -> None:
    head = '<thead><tr>{% for one in rows %}<th scope="col">{{ one }}</th>{% endfor %}</tr></thead>'
    assert "<tr><td>1</td></tr>" in written("<tr><td>1</td></tr>", head)


def test_a_row_that_does_not_fit_its_columns_is_refused_with_its_text() -> None:
    with pytest.raises(ValueError, match="a row has 1 cells below 2 columns: <tr><td>1</td></tr>"):
        written("<tr><td>1</td></tr>")
