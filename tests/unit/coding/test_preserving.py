from grace_workers.coding.engines.repair.preserving import preserving

BEFORE = ["2 list([1])", "3.5 list([])", "!ZeroDivisionError", "!KeyError"]


def test_a_change_of_what_worked_is_left_out_and_an_answer_of_another_kind_is_marked() -> None:
    after = {
        0: ["2 list([1])", "3.5 list([])", "0 list([])", "!KeyError"],
        1: ["2 list([1])", "3.5 list([])", "'' list([])", "!KeyError"],
        2: ["1 list([1])", "3.5 list([])", "0 list([])", "!KeyError"],
        3: ["2 list([1])", "3.5 list([])", "0 list([])", "0 list([])"],
        4: ["2 list([1])"],
    }
    assert preserving(BEFORE, after, "ZeroDivisionError") == {0: True, 1: False}


def test_without_an_input_that_worked_nothing_shows_what_is_kept() -> None:
    assert preserving(["!ZeroDivisionError"], {0: ["0"]}, "ZeroDivisionError") == {}
    assert preserving([], {0: []}, "ZeroDivisionError") == {}
