import pytest

from grace_workers.coding.intents.intent import IntentOptions, SourceTexts, refactored
from grace_workers.coding.intents.remove_duplication import DEFINITION
from grace_workers.coding.reason import ReasonCode

BILL = '''import math
from shop.rates import RATE

LIMIT = 10


def bill(items, limit=LIMIT):
    """What is due."""
    total = 0
    for item in items:  # each one
        if item < 0:
            return None
        total += math.ceil(item * RATE)
    # Taxed.
    total = total * 2 + limit
    return f"bill {total}"


class Cart:
    def due(self, goods):
        due = 0
        for good in goods:
            if good < 0:
                return None
            due += math.ceil(good * RATE)
        due = due * 2 + self.limit
        return -due

    limit = 3


def other(items):
    sum_ = 0
    for one in items:
        if one < 0:
            return None
        sum_ += math.ceil(one * RATE)
    return sum_
'''
AFAR = """import math

from shop.rates import RATE


def afar(values):
    x = 0
    for value in values:
        if value < 0:
            return None
        x += math.ceil(value * RATE)
    return [x]
"""
FILES = {"shop/__init__.py": "", "shop/rates.py": "RATE = 1.5\n", "shop/bill.py": BILL, "shop/afar.py": AFAR}
TARGETS = ["shop/bill.py::bill", "shop/bill.py::Cart.due", "shop/bill.py::other"]


def _once(files, targets, **options):
    texts = SourceTexts(list(files), files.__getitem__)
    return refactored(DEFINITION, texts, targets, IntentOptions(**options)), texts


def _told(source, *names):
    namespace = {"RATE": 1.5}
    exec(source.replace("from shop.rates import RATE\n", "").replace("from shop.bill", "from math"), namespace)
    return [namespace[name] for name in names]


def test_what_functions_repeat_stands_once_and_they_do_what_they_did():
    result, texts = _once(FILES, TARGETS)
    assert result.applied == TARGETS
    made = texts["shop/bill.py"]
    assert made.count("math.ceil(") == 1
    assert made.count("# each one") == 1
    for source in (BILL, made):
        bill, cart, other = _told(source, "bill", "Cart", "other")
        assert [bill([1, 2]), bill([-1]), bill([1], limit=1)] == ["bill 20", None, "bill 5"]
        assert [cart().due([1, 2]), cart().due([1, -1]), other([3]), other([-3])] == [-13, None, 5, None]


def test_a_second_run_changes_nothing():
    _, texts = _once(FILES, TARGETS)
    result, _ = _once(dict(texts), TARGETS)
    assert {one.code for one in result.refused.values()} == {ReasonCode.NOTHING_TO_DO}


def test_another_file_imports_what_they_share():
    targets = ["shop/afar.py::afar", "shop/bill.py::other"]
    result, texts = _once(FILES, targets)
    assert result.applied == targets
    assert "math.ceil(" not in texts["shop/bill.py"].split("def other")[1]
    assert "from shop.afar import _shared_afar\n" in texts["shop/bill.py"]
    assert texts["shop/afar.py"].count("math.ceil(") == 1


@pytest.mark.parametrize(
    ("afar", "why"),
    [
        (AFAR.replace("from shop.rates import RATE", "RATE = 2"), "'RATE' is not the same"),
        (AFAR.replace("import math", "import cmath as math"), "'math' is not the same"),
        (AFAR.replace("value < 0", "value <= 0"), "share no run"),
        (AFAR.replace("x += math.ceil(value * RATE)", "x += math.ceil(value * RATE * x)"), "share no run"),
    ],
)
def test_what_only_looks_alike_stays(afar, why):
    result, texts = _once({**FILES, "shop/afar.py": afar}, ["shop/afar.py::afar", "shop/bill.py::other"])
    assert not texts.changed
    assert why in result.refused["shop/afar.py::afar"].message


def test_files_that_import_each_other_stay():
    files = {**FILES, "shop/afar.py": "import shop.bill\n" + AFAR, "shop/bill.py": "import shop.afar\n" + BILL}
    result, texts = _once(files, ["shop/afar.py::afar", "shop/bill.py::other"])
    assert not texts.changed
    assert "import each other" in result.refused["shop/afar.py::afar"].message


def test_names_that_change_places_are_passed_in_their_places():
    source = """def one(a, b):
    left = [a, a * 3, b]
    left.append((a, b))
    return left


def two(a, b):
    left = [b, b * 3, a]
    left.append((b, a))
    return left
"""
    _, texts = _once({"a.py": source}, ["a.py::one", "a.py::two"])
    assert texts["a.py"].count(".append(") == 1
    for made in (source, texts["a.py"]):
        one, two = _told(made, "one", "two")
        assert [one(1, 2), two(1, 2)] == [[1, 3, 2, (1, 2)], [2, 6, 1, (2, 1)]]


@pytest.mark.parametrize(
    ("files", "targets", "code"),
    [
        ({"a.py": "def f():\n    pass\n"}, ["a.py::f"], ReasonCode.UNSUPPORTED),
        ({"a.py": "def f():\n    pass\n"}, ["a.py::f", "a.py::g"], ReasonCode.UNREADABLE),
        ({"a.py": "def f(:\n"}, ["a.py::f", "a.py::g"], ReasonCode.UNREADABLE),
    ],
)
def test_a_bad_request_is_refused(files, targets, code):
    result, _ = _once(files, targets)
    assert {one.code for one in result.refused.values()} == {code}
