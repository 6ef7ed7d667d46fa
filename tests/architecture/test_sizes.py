"""A file and a function can be taken in at once."""

from tests.architecture.house import everything, migrations, product

FILE, FUNCTION, TYPICAL = 350, 40, 25
# It goes into each exported bundle as one program that imports nothing of ours, for readers who trust none of us.
ONE_PROGRAM = {"grace_workers/audit/standalone.py"}


def test_a_file_is_not_too_long():
    lengths = {source.place: len(source.text.splitlines()) for source in everything()}
    assert {place for place, length in lengths.items() if length > FILE} == ONE_PROGRAM


def test_a_function_is_not_too_long():
    offences = [
        f"{source.place}:{function.lineno} {function.name} has {_lines(function)} lines"
        for source in everything()
        for function in source.functions
        if _lines(function) > FUNCTION
    ]
    assert offences == []


def test_nine_of_ten_functions_are_short():
    lengths = sorted(_lines(function) for source in product() + migrations() for function in source.functions)
    assert lengths[len(lengths) * 9 // 10] <= TYPICAL


def _lines(function) -> int:
    return function.end_lineno - function.lineno + 1
