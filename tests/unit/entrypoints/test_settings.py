"""What the message says about invalid settings: where, never with which value."""

import traceback
from datetime import timedelta

import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.settings import Settings, load_settings

SECRET = "SuperSecret1"
URL = f"postgresql://grace:{SECRET}@db/grace"
FILES = [
    f'database:\n  url: "{URL}\ntargets: []\n',
    f"database:\n  url: {URL} : x: y\n",
    f"database: {URL}\n",
    f"database: {{url: [{URL}]}}\n",
    f"database:\n  url: !!python/object:{SECRET} x\n",
    f"database:\n  url: *{SECRET}\n",
    f"targets: [{{name: db, kind: postgres, connection: {URL}}}]\n",
    f"api: {{port: {SECRET}}}\n",
]


def whole(error):
    """Everything that a log would show of an error, including its causes."""
    return "".join(traceback.format_exception(error))


@pytest.mark.parametrize("text", FILES)
def test_a_file_that_does_not_fit_is_named_without_its_values(text, tmp_path):
    path = tmp_path / "grace.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as raised:
        load_settings(path)
    assert SECRET not in whole(raised.value)


def test_yaml_that_cannot_be_read_is_named_by_line(tmp_path):
    path = tmp_path / "grace.yaml"
    path.write_text(FILES[1])
    with pytest.raises(InputError, match="not valid YAML: see line 2"):
        load_settings(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GRACE_TARGETS", f"[{SECRET}"),
        ("GRACE_DATABASE", URL),
        ("GRACE_DATABASE__URL__X", SECRET),
        ("GRACE_LOG__LEVEL", SECRET),
    ],
)
def test_a_variable_that_does_not_fit_is_one_sentence_without_its_value(name, value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match="settings: ") as raised:
        load_settings()
    assert SECRET not in whole(raised.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("GRACE_DATABSE__URL", "GRACE_DATABSE__URL is not a setting; did you mean GRACE_DATABASE__…?"),
        ("GRACE_XYZ__ABC", "GRACE_XYZ__ABC is not a setting; see the settings reference"),
    ],
)
def test_a_misspelt_variable_is_refused_and_not_as_if_nothing_were_set(name, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, URL)
    with pytest.raises(InputError) as raised:
        load_settings()
    assert said in str(raised.value)
    assert SECRET not in whole(raised.value)


@pytest.mark.parametrize("name", ["a b", "../c", "-x", "a:b", "ü", "a\n"])
def test_a_name_that_could_not_name_a_queue_a_key_or_a_target_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRACE_INSTANCE", name)
    with pytest.raises(InputError, match="letters, digits"):
        load_settings()


def test_settings_shown_in_a_log_hold_no_connection_and_no_url():
    target = {"name": "db", "kind": "postgres", "connection": {"url": URL}}
    settings = Settings(database={"url": URL}, broker={"url": f"redis://:{SECRET}@b/0"}, targets=[target])
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings)


def test_no_way_of_writing_the_settings_down_shows_a_secret():
    settings = Settings(
        database={"url": "postgresql://u:hunter2Zq@h/db"},
        broker={"url": "redis://:hunter2Zq@h/0"},
        flower={"auth": "bob:hunter2Zq"},
        targets=[{"name": "db", "kind": "postgres", "connection": {"url": "postgresql://u:hunter2Zq@h/db"}}],
    )
    for written in (repr(settings), str(settings), repr(settings.targets), f"{settings.database} {settings.broker}"):
        assert "hunter2Zq" not in written


def test_a_cadence_is_set_by_file_and_environment_under_the_cycles_name(tmp_path, monkeypatch):
    path = tmp_path / "grace.yaml"
    path.write_text("cycles:\n  triggers: 20\n")
    monkeypatch.setenv("GRACE_CYCLES__TELEMETRY", "PT90S")
    assert load_settings(path).cycles == {"triggers": timedelta(seconds=20), "telemetry": timedelta(seconds=90)}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("cycles: {dreams: 20}", r"unknown cycle 'dreams'; known: .*triggers"),
        ("cycles: {triggers: 0.5}", r"cycle 'triggers': cadence 0\.5 s; the shortest is 1 s"),
        ("cycles: {triggers: often}", r"cycles\.triggers: "),
    ],
)
def test_a_cadence_that_does_not_fit_is_refused_at_the_start(text, sentence, tmp_path):
    path = tmp_path / "grace.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=sentence):
        load_settings(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("targetz: []", "targetz: there is no such field; check its spelling, or remove it; did you mean `targets`?"),
        ("api: {prot: 3}", "api.prot: there is no such field; check its spelling, or remove it; did you mean `port`?"),
        ("api: {port: many}", "api.port: Input should be a valid integer"),
        ("targets: [{name: a, kindd: process}]", "targets.0.kindd: there is no such field"),
    ],
)
def test_what_is_wrong_in_the_file_is_said_with_the_file_and_what_was_meant(text, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "fleet.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        load_settings(file)
    assert said in str(raised.value)
    assert str(raised.value).endswith(f"(in {file})")


def test_what_is_wrong_in_the_environment_names_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "grace.yaml").write_text("environment: test", encoding="utf-8")
    monkeypatch.setenv("GRACE_API__PROT", "3")
    with pytest.raises(InputError) as raised:
        load_settings()
    assert str(raised.value).endswith("did you mean `port`?")
