from grace_workers.coding import coding_tasks
from grace_workers.coding.engines.reproduction.trouble import Place, module_of, places_of
from grace_workers.signals import raised_in
from tests.unit.coding.benches import bench

TEXT = """ERROR it failed
Traceback (most recent call last):
  File "/opt/app/src/shop/web.py", line 3, in page
    total(1)
  File "C:\\\\app\\\\shop\\\\cart.py", line 9, in total
    return 1 / 0
  File "/usr/lib/python3.11/json/decoder.py", line 1, in decode
    raise ValueError("no")
ValueError: no
"""


def test_frames_are_found_again_wherever_the_code_was_deployed() -> None:
    raised = raised_in(TEXT)
    assert raised is not None
    files = ["src/shop/web.py", "shop/cart.py", "tests/shop/cart.py", "json.py"]
    assert places_of(raised, files) == [
        Place("shop/cart.py", "total", "return 1 / 0"),
        Place("src/shop/web.py", "page", "total(1)"),
    ]
    assert module_of("src/shop/web.py") == "shop.web"
    assert module_of("lib/shop/__init__.py") == "shop"


def test_a_text_without_a_traceback_is_refused() -> None:
    task = coding_tasks()["fix_bug"]
    work = task.run(task.arguments.read({"traceback": "it failed"}, "arguments"), bench({"shop.py": "a = 1\n"}))
    assert work.reason is not None
    assert work.reason.message == "The text holds no traceback of Python with frames."


def test_without_a_sandbox_nothing_of_the_code_runs() -> None:
    task = coding_tasks()["fix_bug"]
    code = bench({"shop/cart.py": "def total(n):\n    return 1 / 0\n"})
    work = task.run(task.arguments.read({"traceback": TEXT}, "arguments"), code)
    assert work.reason is not None
    assert work.reason.code == "sandbox"
    assert "is not started without a sandbox" in work.reason.message
