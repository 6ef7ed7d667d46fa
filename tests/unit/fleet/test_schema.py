import pytest

from grace_workers.fleet import SchemaFit, SchemaStand

KNOWN = ("0001_pre_a", "0002_pre_b", "0003_pre_c")


@pytest.mark.parametrize(
    ("found", "floor", "fit"),
    [
        (None, None, SchemaFit.OLDER),
        ("0001_pre_a", None, SchemaFit.OLDER),
        ("0002_pre_b", "0001_pre_a", SchemaFit.OLDER),
        ("0003_pre_c", "0001_pre_a", SchemaFit.CURRENT),
        ("0004_pre_d", "0001_pre_a", SchemaFit.NEWER),
        ("0005_post_d", "0003_pre_c", SchemaFit.NEWER),
        ("0005_post_d", "0004_pre_d", SchemaFit.TOO_NEW),
        ("somebody_elses", None, SchemaFit.TOO_NEW),
    ],
)
def test_a_schema_and_a_release_go_together_by_revision_and_floor(found, floor, fit):
    assert SchemaStand(found=found, floor=floor, known=KNOWN).fit is fit


def test_the_sentence_of_an_older_schema_names_the_command():
    assert "run `grace migrate`" in SchemaStand(found="0001_pre_a", floor=None, known=KNOWN).words


def test_the_sentence_of_a_schema_too_new_says_whom_it_serves_and_what_to_do():
    words = SchemaStand(found="0005_post_d", floor="0004_pre_d", known=KNOWN).words
    assert "serves no release older than 0004_pre_d" in words
    assert "install the release that the rest of the fleet runs" in words
