from grace_workers.coding import CodingWork, coding_tasks
from tests.unit.coding.benches import bench

FILES = {"src/shop/__init__.py": "", "src/shop/cart.py": "class Cart:\n    def total(self):\n        return 1\n"}


def worked(**arguments: object) -> CodingWork:
    task = coding_tasks()["refactor"]
    told: CodingWork = task.run(task.arguments.read(arguments, "arguments"), bench(FILES))
    return told


def test_an_intent_that_is_not_offered_is_refused_with_those_that_are() -> None:
    work = worked(intent="beautify", targets=["shop"])
    assert work.reason is not None
    assert work.reason.message.startswith("The intent 'beautify' is not offered; offered: ")


def test_options_that_do_not_fit_are_refused() -> None:
    work = worked(intent="extract_method", targets=["shop.cart"], options={"line": 1})
    assert work.reason is not None
    assert "options" in work.reason.message


def test_a_dotted_name_is_the_file_or_function_that_it_is_imported_as() -> None:
    options = {"line": 1, "name": "ready"}
    for written, target in (
        ("shop.cart.Cart.total", "src/shop/cart.py::Cart.total"),
        ("shop.cart", "src/shop/cart.py"),
        ("shop", "src/shop/__init__.py"),
        ("other.cart", "other.cart"),
        ("src/shop/cart.py::Cart", "src/shop/cart.py::Cart"),
    ):
        work = worked(intent="extract_readiness", targets=[written], options=options)
        assert work.story[0] == f"extract_readiness of {target}"
        assert not work.files
