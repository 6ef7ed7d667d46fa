"""What files say together: who calls whom through imports, classes and fixtures, and which tests reach it."""

from collections.abc import Mapping

import pytest

from grace_workers.coding.engines.index.facts import FileFacts, facts_of
from grace_workers.coding.engines.index.index import CodeIndex, IndexedPlace

SHOP = {
    "src/shop/__init__.py": "from shop.order import price as cost\n",
    "src/shop/order.py": (
        "from .bank import Gateway, open_gateway\n\n\nRATE = 2\n\n\n"
        "def price(number):\n    '''Return what it costs.\n\n    More.'''\n    return double(number) * RATE\n\n\n"
        "def double(number):\n    return number * 2\n\n\n"
        "def pay(gateway: 'Gateway | None', amount):\n    gateway.charge(amount)\n\n\n"
        "def pay_again(amount):\n    made = Gateway()\n    made.charge(amount)\n    open_gateway().refund(amount)\n\n\n"
        "def shadowed(double):\n    return double(1)\n"
    ),
    "src/shop/bank.py": (
        "class Base:\n    def charge(self, amount):\n        self.log(amount)\n\n    def log(self, amount): ...\n\n\n"
        "class Gateway(Base):\n    def __init__(self):\n        self.book = Book()\n\n    def refund(self, amount):\n"
        "        self.book.write(amount)\n        self.charge(-amount)\n\n\n"
        "class Book:\n    def write(self, row): ...\n\n\n"
        "def open_gateway() -> Gateway:\n    return Gateway()\n\n\n"
        "def any_of(thing):\n    thing.refund(1)\n    thing.write(1)\n"
    ),
    "tests/conftest.py": (
        "import pytest\nfrom shop.bank import Gateway\n\n\n@pytest.fixture\ndef bank():\n    return Gateway()\n"
    ),
    "tests/test_order.py": (
        "import shop\nfrom shop.order import pay\n\n\ndef test_price():\n    assert shop.cost(1) == 4\n\n\n"
        "class TestPay:\n    def test_pays(self, bank):\n        pay(bank, 1)\n"
    ),
}


def index(files: Mapping[str, str]) -> CodeIndex:
    return CodeIndex({name: facts_of(name, text.encode()) for name, text in files.items()})


@pytest.fixture(scope="module")
def shop() -> CodeIndex:
    return index(SHOP)


def place(written: str) -> IndexedPlace:
    file, _, name = written.partition("::")
    return IndexedPlace(f"src/shop/{file}" if not file.startswith("tests") else file, name)


def callers(shop: CodeIndex, written: str) -> list[str]:
    return [f"{one.by}{'' if one.sure else '?'}".removeprefix("src/shop/") for one in shop.callers(place(written))]


def test_a_long_chain_of_calls_is_read_once_and_not_again_for_each_link() -> None:
    chain = "frame" + ".str.strip()" * 90
    facts = facts_of("frames.py", f"def clean(frame: Frame):\n    return {chain}\n".encode())
    assert [one.name for one in facts.symbols] == ["clean"]
    assert len(facts.uses) > 1


@pytest.mark.parametrize(
    ("of", "by"),
    [
        ("order.py::price", ["tests/test_order.py::test_price"]),
        ("order.py::double", ["order.py::price"]),
        ("bank.py::Base.charge", ["bank.py::Gateway.refund", "order.py::pay", "order.py::pay_again"]),
        ("bank.py::Base.log", ["bank.py::Base.charge"]),
        ("bank.py::Gateway.refund", ["bank.py::any_of?", "order.py::pay_again"]),
        ("bank.py::Book", ["bank.py::Gateway.__init__"]),
        ("bank.py::Book.write", ["bank.py::Gateway.refund", "bank.py::any_of?"]),
        ("bank.py::open_gateway", ["order.py::pay_again"]),
        ("tests/conftest.py::bank", ["tests/test_order.py::TestPay.test_pays"]),
    ],
)
def test_calls_are_found_through_imports_annotations_and_what_names_hold(
    shop: CodeIndex, of: str, by: list[str]
) -> None:
    assert callers(shop, of) == by


def test_a_parameter_hides_a_function_of_its_name(shop: CodeIndex) -> None:
    assert [str(one.of) for one in shop.callees(place("order.py::shadowed"))] == []


def test_what_a_function_uses_is_in_the_order_of_its_lines(shop: CodeIndex) -> None:
    used = [f"{one.of}:{one.line}".removeprefix("src/shop/") for one in shop.callees(place("order.py::pay_again"))]
    assert used == [
        "bank.py::Gateway:23", "bank.py::Base.charge:24", "bank.py::Gateway.refund:25", "bank.py::open_gateway:25"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("of", "tests"),
    [
        ("order.py::double", ["test_price"]),
        ("bank.py::Base.charge", ["TestPay.test_pays"]),
        ("bank.py::Gateway.__init__", ["TestPay.test_pays"]),
        ("bank.py::Book", ["TestPay.test_pays"]),
        ("order.py::pay_again", []),
    ],
)
def test_tests_reach_what_they_call_through_others_and_through_fixtures(
    shop: CodeIndex, of: str, tests: list[str]
) -> None:
    assert [one.name for one in shop.tests(place(of))] == tests


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("shop.order.price", ["order.py::price"]),
        ("shop.cost", ["order.py::price"]),
        ("shop.bank", ["bank.py"]),
        ("src/shop/bank.py", ["bank.py"]),
        ("src/shop/bank.py::Gateway.refund", ["bank.py::Gateway.refund"]),
        ("src/shop/bank.py::Gateway.charge", []),
        ("shop.bank.Gateway.charge", ["bank.py::Base.charge"]),
        ("Gateway.refund", ["bank.py::Gateway.refund"]),
        ("charge", ["bank.py::Base.charge"]),
        ("harge", []),
        ("nothing.at.all", []),
        ("", []),
    ],
)
def test_a_person_may_name_a_place_in_many_ways(shop: CodeIndex, written: str, found: list[str]) -> None:
    assert [str(one).removeprefix("src/shop/") for one in shop.find(written)] == found


def test_imports_and_classes_in_a_circle_come_to_an_end() -> None:
    files = {
        "a.py": "from b import x\n\n\nclass A(A):\n    def f(self):\n        self.g()\n\n\ndef run():\n    x()\n",
        "b.py": "from a import x\n",
    }
    assert [str(one.of) for one in index(files).callees(IndexedPlace("a.py", "run"))] == []
    assert index(files).resolve("a.A.g") is None


@pytest.mark.parametrize("content", [b"def f(:\n", b"\xff\xfe", b"x = 1\0", b"#" * (1 << 20) + b"#", b"(" * 5000])
def test_a_file_that_cannot_be_read_says_nothing(content: bytes) -> None:
    assert facts_of("a.py", content) == FileFacts("a")


def test_facts_survive_json() -> None:
    for name, text in SHOP.items():
        facts = facts_of(name, text.encode())
        assert FileFacts.of_plain(facts.plain()) == facts
