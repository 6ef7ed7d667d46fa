import pytest

from grace_workers.learning.models.reader import Reader

BUGS = [f"Crash when saving file {n}\n\nIt fails with an error: `null` on line {n * 7}." for n in range(12)]
WISHES = [f"Please add an option for theme {n}\n\nIt would be nice to have colour {n}." for n in range(12)]
QUESTIONS = [f"How do I set the path {n}?\n\nWhat is the right way to do this, and where?" for n in range(12)]


@pytest.fixture(scope="module")
def reader():
    found = Reader()
    found.learn(BUGS + WISHES + QUESTIONS, ["bug"] * 12 + ["feature"] * 12 + ["question"] * 12)
    return found


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Crash on start\n\nAn error occurs and it fails.", "bug"),
        ("Please add an option for sorting", "feature"),
        ("How do I do this?\n\nWhat is the right way?", "question"),
    ],
)
def test_it_says_what_a_text_asks_for(reader, text, label):
    answer = reader.predict(text)

    assert max(answer, key=answer.get) == label
    assert sum(answer.values()) == pytest.approx(1)


def test_a_text_without_known_words_leaves_it_unsure(reader):
    assert max(reader.predict("qwx zzyx").values()) < 0.7


def test_without_learning_nothing_is_known():
    assert Reader().predict("Crash") == {}


def test_one_label_is_the_only_answer():
    reader = Reader()
    reader.learn(BUGS, ["bug"] * 12)

    assert reader.predict("anything") == {"bug": 1.0}


def test_two_labels_suffice():
    reader = Reader()
    reader.learn(BUGS + WISHES, ["bug"] * 12 + ["feature"] * 12)

    assert reader.predict(BUGS[0])["bug"] > 0.5 > reader.predict(WISHES[0])["bug"]


def test_a_hostile_text_is_read_in_time(reader):
    answer = reader.predict("```" * 100_000 + "https://" * 100_000 + "1." * 100_000)

    assert sum(answer.values()) == pytest.approx(1)
