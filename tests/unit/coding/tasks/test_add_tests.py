from grace_workers.coding import CodingWork, coding_tasks
from grace_workers.coding.tasks.add_tests import _free, _module
from tests.unit.coding.benches import bench

FILES = {"src/shop/cart.py": "x = 1\n", "tests/test_cart.py": "def test_x():\n    pass\n"}


def worked(*files: str) -> CodingWork:
    task = coding_tasks()["add_tests"]
    told: CodingWork = task.run(task.arguments.read({"files": list(files)}, "arguments"), bench(FILES))
    return told


def test_tests_are_written_only_for_files_of_the_code() -> None:
    for file in ("tests/test_cart.py", "src/shop/other.py"):
        work = worked(file)
        assert work.reason is not None
        assert work.reason.message == f"{file} is no Python file of the code in this repository."


def test_a_machine_without_a_sandbox_says_so() -> None:
    work = worked("src/shop/cart.py")
    assert work.reason is not None
    assert work.reason.code.value == "sandbox"


def test_a_file_is_imported_by_its_name_below_src_and_gets_a_test_file_that_is_not_there_yet() -> None:
    assert _module("src/shop/cart.py") == "shop.cart"
    assert _module("shop/__init__.py") == "shop"
    assert _free("shop.cart", ()) == "tests/test_cart.py"
    assert _free("shop.cart", ("test/test_cart.py",)) == "test/test_shop_cart.py"
    assert _free("shop.cart", ("tests/test_cart.py", "tests/test_shop_cart.py")) == "tests/test_shop_cart_2.py"


def test_no_two_files_of_tests_have_one_name_because_pytest_imports_only_one_of_them() -> None:
    assert _free("shop.cart", ("tests/unit/test_cart.py", "tests/test_x.py")) == "tests/test_shop_cart.py"
