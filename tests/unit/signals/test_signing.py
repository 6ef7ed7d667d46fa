from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.signals.signing import WINDOW, SignatureError, check_digest, check_time, hmac_sha256

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def stamp(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def test_the_digest_is_that_of_rfc_4231() -> None:
    wanted = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert hmac_sha256("Jefe", b"what do ya want ", b"for nothing?").hex() == wanted


def test_the_right_digest_passes() -> None:
    check_digest("abc", "abc")


@pytest.mark.parametrize(("given", "word"), [("", "not signed"), ("abd", "does not match"), ("\xfc", "does not match")])
def test_another_digest_is_refused_without_the_right_one_in_the_sentence(given: str, word: str) -> None:
    with pytest.raises(SignatureError, match=word) as refusal:
        check_digest(given, "secret-digest")
    assert "secret-digest" not in str(refusal.value)


@pytest.mark.parametrize("away", [timedelta(0), WINDOW, -WINDOW])
def test_a_time_within_five_minutes_passes_in_seconds_and_in_milliseconds(away: timedelta) -> None:
    check_time(stamp(NOW + away), NOW)
    check_time(stamp(NOW + away) + "000", NOW)


@pytest.mark.parametrize("away", [WINDOW + timedelta(seconds=1), -WINDOW - timedelta(seconds=1), timedelta(days=-9)])
def test_a_time_more_than_five_minutes_off_is_refused(away: timedelta) -> None:
    with pytest.raises(SignatureError, match="within 5 minutes"):
        check_time(stamp(NOW + away), NOW)


@pytest.mark.parametrize("said", ["", "soon", "-1", "1e9", "\u0661", "9" * 14])
def test_what_is_no_time_is_refused(said: str) -> None:
    with pytest.raises(SignatureError, match="Unix seconds"):
        check_time(said, NOW)
