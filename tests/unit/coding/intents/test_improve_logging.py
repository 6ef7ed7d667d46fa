import logging

import pytest

from grace_workers.coding.intents.improve_logging import DEFINITION
from grace_workers.coding.intents.intent import IntentOptions, SourceTexts, refactored
from grace_workers.coding.reason import ReasonCode

HEAD = "import logging\n\nlog = logging.getLogger('improved')\n\n\n"
BODY = """def run(x, name, table):
    log.info(f"got {x} of {name!r} at 100%")  # kept
    log.debug(f"{x:.2f} and {x:d}: {x=}", extra={"a": 1})
    log.info("%s is %d" % (name, x))
    log.info("%(a)s" % {"a": x})
    log.info("one {} two {}".format(x, name))
    log.info("{a} of {b!r}".format(a=x, b=name))
    log.info("a " + str(x) + " b " + name + "%")
    log.warn("old %s", x)
    log.info(
        f"long {x}"
        f" and {name}"
    )
    try:
        table[x]
    except KeyError as error:
        log.error(f"no {error}")
        log.error("no", x)
    print("plain 100%")
    print("two", x)
    print(f"three {x}")
"""
DONE = """def run(x, name, table):
    log.info("got %s of %r at 100%%", x, name)  # kept
    log.debug("%.2f and %d: x=%r", x, x, x, extra={"a": 1})
    log.info("%s is %d", name, x)
    log.info("%(a)s", {'a': x})
    log.info("one %s two %s", x, name)
    log.info("%s of %r", x, name)
    log.info("a %s b %s%%", x, name)
    log.warning("old %s", x)
    log.info(
        "long %s and %s", x, name
    )
    try:
        table[x]
    except KeyError as error:
        log.exception("no %s", error)
        log.error("no", x)
    log.info("plain 100%")
    log.info("%s %s", "two", x)
    log.info("three %s", x)
"""


def _improved(source):
    texts = SourceTexts(["a.py"], {"a.py": source}.__getitem__)
    return refactored(DEFINITION, texts, ["a.py"], IntentOptions()), texts["a.py"]


def test_calls_pass_arguments_and_everything_else_stays():
    result, made = _improved(HEAD + BODY)
    assert made == HEAD + DONE
    assert result.applied == ["a.py"]


def test_a_second_run_changes_nothing():
    result, made = _improved(HEAD + DONE)
    assert made == HEAD + DONE
    assert result.refused["a.py"].code == ReasonCode.NOTHING_TO_DO


@pytest.mark.parametrize("level", ["INFO", "WARNING"])
def test_messages_read_the_same(caplog, level):
    body = BODY.split("    try:", maxsplit=1)[0].replace(".warn(", ".warning(")
    read = []
    for source in (body, _improved(HEAD + body)[1]):
        caplog.clear()
        namespace = {"log": logging.getLogger("improved"), "logging": logging}
        exec(source, namespace)
        with caplog.at_level(level, "improved"):
            namespace["run"](3, "a\nb", {})
        read.append([one.getMessage() for one in caplog.records])
    assert read[0] == read[1] != []


@pytest.mark.parametrize(
    "line",
    [
        "log.info(f'{x:>10}')",
        "log.info(f'{x:{name}}')",
        "log.info('%s' % x)",
        "log.info('{0} {0}'.format(x))",
        "log.info('{0.a}'.format(x))",
        "log.info((f'{x}'))",
        "log.info(f'{x} %s', name)",
        "log.info(x + name)",
        "other.info(f'{x}')",
        "print(x, end='')",
    ],
)
def test_what_would_not_read_the_same_stays(line):
    result, _ = _improved(f"{HEAD}def run(x, name, other):\n    {line}\n")
    assert result.refused["a.py"].code == ReasonCode.NOTHING_TO_DO


def test_a_logger_that_is_also_given_as_an_argument_may_be_of_another_kind():
    source = "import logging\n\n\ndef run(log=None):\n    if log is None:\n        log = logging.getLogger('a')\n"
    result, _ = _improved(source + "    try:\n        x\n    except NameError as e:\n        log.error('%s', e)\n")
    assert result.refused["a.py"].code == ReasonCode.NOTHING_TO_DO


def test_without_a_logger_prints_stay():
    result, _ = _improved("def run(x):\n    print(x)\n")
    assert result.refused["a.py"].code == ReasonCode.NOTHING_TO_DO


def test_a_file_that_does_not_parse_is_refused():
    result, _ = _improved("def run(:\n")
    assert result.refused["a.py"].code == ReasonCode.UNREADABLE
