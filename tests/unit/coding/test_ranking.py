"""Which plausible patch comes first."""

from grace_workers.coding.engines.repair.candidates import Candidate
from grace_workers.coding.engines.repair.ranking import rank
from grace_workers.coding.patch import Edit, FunctionChange


def candidate(text, score):
    return Candidate((FunctionChange("a.py", "f", (Edit(1, 0, 1, 1, text),)),), ("donor",), score, likely=score)


def texts(ranked):
    return [one.candidate.changes[0].edits[0].text for one in ranked]


def test_patches_that_behave_alike_count_together():
    made = [candidate("alone", 0.5), candidate("one", 0.3), candidate("two", 0.3)]
    told = rank(made, {0: ["1"], 1: ["2"], 2: ["2"]}, ["3"])
    assert texts(told) == ["one", "alone", "two"]
    assert 0.5 < told[0].share < 0.6


def test_a_patch_that_breaks_where_another_does_not_comes_later():
    made = [candidate("breaks", 0.5), candidate("works", 0.3)]
    told = rank(made, {0: ["1", "!KeyError", "!KeyError"], 1: ["1", "2", "3"]}, ["!TypeError", "2", "3"])
    assert texts(told) == ["works", "breaks"]


def test_a_patch_that_is_slower_than_the_code_and_another_patch_comes_later_however_many_spellings_it_has():
    made = [candidate("slow", 0.4), candidate("slow too", 0.4), candidate("quick", 0.2)]
    slow = ["[]"] * 20 + ["!time"]
    told = rank(made, {0: slow, 1: slow, 2: ["[]"] * 20 + ["[7]"]}, ["[]"] * 21)
    assert texts(told)[0] == "quick"


def test_where_the_code_fails_itself_a_patch_may_fail_too():
    made = [candidate("fails", 0.5), candidate("answers", 0.3)]
    fails = ["[]"] * 20 + ["!ValueError"]
    assert texts(rank(made, {0: fails, 1: ["[]"] * 20 + ["[7]"]}, fails)) == ["fails", "answers"]


def test_a_kind_of_result_that_the_code_never_gave_is_less_likely():
    made = [candidate("nothing", 0.5), candidate("false", 0.3)]
    told = rank(made, {0: ["True", "None"], 1: ["True", "False"]}, ["True", "!AttributeError"])
    assert texts(told) == ["false", "nothing"]


def test_a_patch_that_only_mends_failures_precedes_two_that_also_change_answers():
    made = [candidate("always", 0.3), candidate("always too", 0.2), candidate("mends", 0.3)]
    before = ["!RecursionError", "True", *["False"] * 20]
    always = ["True"] * 3 + ["False"] * 19
    assert texts(rank(made, {0: always, 1: always, 2: ["True", *before[1:]]}, before))[0] == "mends"


def test_where_no_patch_mends_every_failure_the_changed_answers_count_little():
    made = [candidate("changes", 0.5), candidate("keeps", 0.3)]
    before = ["!IndexError", "!IndexError", "1"]
    assert texts(rank(made, {0: ["1", "1", "2"], 1: ["1", "!IndexError", "1"]}, before))[0] == "changes"


def test_without_behaviours_the_likelier_edit_comes_first():
    made = [candidate("seldom", 0.1), candidate("often", 0.4)]
    assert texts(rank(made, {}, [])) == ["often", "seldom"]
