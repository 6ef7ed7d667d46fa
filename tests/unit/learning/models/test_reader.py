from random import Random

import pytest

from grace_workers.foundation.errors import IntegrityError
from grace_workers.learning.models.packed import pack, unpack
from grace_workers.learning.models.reader import Reader

BUGS = [f"Crash when saving file {n}\n\nIt fails with an error: `null` on line {n * 7}." for n in range(12)]
WISHES = [f"Please add an option for theme {n}\n\nIt would be nice to have colour {n}." for n in range(12)]
QUESTIONS = [f"How do I set the path {n}?\n\nWhat is the right way to do this, and where?" for n in range(12)]


@pytest.fixture(scope="module")
def reader():
    found = Reader()
    found.learn(BUGS + WISHES + QUESTIONS, ["bug"] * 12 + ["feature"] * 12 + ["question"] * 12)
    return found


@pytest.mark.slow
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


def test_a_text_without_known_words_is_not_known(reader):
    assert reader.predict("qwx zzyx") == {}


def test_the_words_that_speak_for_a_label_are_told(reader):
    assert "how do" in reader.telling("How do I set this?", "question", most=5)
    assert reader.telling("How do I set this?", "riddle") == ()
    assert Reader().telling("How?", "question") == ()


@pytest.mark.parametrize("labels", [["bug"], ["bug", "feature"], ["bug", "feature", "question"]])
def test_what_was_learned_survives_storage(labels):
    known = {"bug": BUGS, "feature": WISHES, "question": QUESTIONS}
    reader = Reader()
    reader.learn([one for name in labels for one in known[name]], [name for name in labels for _ in known[name]])
    again = Reader.from_bytes(reader.to_bytes())
    for text in (BUGS[0], WISHES[1], QUESTIONS[2], "qwx zzyx"):
        assert again.predict(text) == pytest.approx(reader.predict(text))


def test_a_changed_or_foreign_content_is_refused(reader):
    arrays, words = unpack(reader.to_bytes())
    broken = [
        pack({}, {}),
        pack({**arrays, "regression": arrays["regression"][:, 1:]}, words),
        pack({**arrays, "rarity0": arrays["rarity0"][1:]}, words),
        pack({name: one for name, one in arrays.items() if name != "weighted"}, words),
        pack(arrays, {**words, "terms": []}),
        b"no model",
    ]
    for content in broken:
        with pytest.raises(IntegrityError, match="stored"):
            Reader.from_bytes(content)


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
    assert reader.predict("```" * 100_000 + "https://" * 100_000 + "1." * 100_000) == {}
    assert reader.predict("crash " + "```" * 100_000 + "https://" * 100_000)


def test_a_rare_label_does_not_keep_the_others_from_being_calibrated():
    chance, words = Random(1), ["disk", "slow", "page", "queue", "lock", "cache", "node", "late", "login", "order"]
    texts = [" ".join(chance.choices(words, k=6)) for _ in range(40)]
    reader = Reader()
    reader.learn([*texts, "the kitchen is on fire"], [*chance.choices(["bug", "feature"], k=40), "fire"])
    # The words say nothing about the labels, so it must not be sure even of what it has seen.
    assert max(max(reader.predict(text).values()) for text in texts) < 0.8
