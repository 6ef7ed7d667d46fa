from grace_workers.actions.removal import printable
from grace_workers.foundation.canonical import canonical_bytes


def test_any_file_name_becomes_one_line_of_valid_text() -> None:
    shown = printable("logs/\udcff\n\x1b[31mred")
    assert "\n" not in shown
    assert "\x1b" not in shown
    assert canonical_bytes([shown])


def test_a_plain_name_stays_as_it_is() -> None:
    assert printable("logs/größe 1.log") == "logs/größe 1.log"
