"""The page on teaching Grace a new problem, followed to the letter: two files, and the line in memory heals it."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from grace_workers.actions import Restartable, WorkQueue
from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.bootstrap.definitions import cause_shelf, playbook_shelf, targets_of
from grace_workers.entrypoints.cli.cause import app as cause_app
from grace_workers.entrypoints.cli.playbook import app as playbook_app
from grace_workers.foundation.ids import TargetName
from grace_workers.foundation.yaml_file import SourceError
from grace_workers.orchestration.dossier import Closing
from grace_workers.settings import Settings, load_settings
from grace_workers.signals import IncidentState, sign
from grace_workers.testing import MemoryQueues, MemoryService, MemoryWorld
from tests.builders import Ward
from tests.targets import subject_of

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-cause.md"
STEP = re.compile(r"into\s+`([^`]+\.yaml)`:\n\n```yaml\n(.*?)```", re.DOTALL)
MAILER, BROKER = TargetName("mailer"), TargetName("mail-broker")
KNOWN = catalogs()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The page's settings, with its two files in place."""
    page = PAGE.read_text(encoding="utf-8")
    (tmp_path / "grace.yaml").write_text(re.search(r"```yaml\n(# grace\.yaml\n.*?)```", page, re.DOTALL).group(1))
    steps = STEP.findall(page)
    assert [Path(path).parent.name for path, _ in steps] == ["my-causes", "my-playbooks"]
    for path, text in steps:
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text(text)
    return load_settings(tmp_path / "grace.yaml")


class Mailer(MemoryService):
    """A worker that sends nothing until it is restarted."""

    queues: MemoryQueues

    def start(self):
        self.queues.waiting["mail"] = 0
        return super().start()


def line_in_memory(settings: Settings, waiting: Mapping[str, int]) -> tuple[Ward, Mailer]:
    """A whole line on the page's targets, played in memory."""
    mailer, queues = Mailer(), MemoryQueues(dict(waiting))
    mailer.queues = queues
    targets = targets_of(settings)
    causes = cause_shelf(settings, KNOWN)
    ward = Ward()
    ward.intake = replace(ward.intake, targets=targets)
    ward.line = replace(
        ward.line,
        world=MemoryWorld(roles={(MAILER, Restartable): mailer, (BROKER, WorkQueue): queues}),
        targets=targets,
        subjects={name: subject_of(one) for name, one in targets.items()},
        primitives=KNOWN.primitives,
        checks=KNOWN.checks,
        engines=KNOWN.engines,
        causes=causes.current,
        library=playbook_shelf(settings, KNOWN).current,
    )
    return ward, mailer


def alarm(ward: Ward, name: str = "Mail queue stuck", **said: str):
    incident = ward.fall_ill(MAILER, name=name, signature=sign(name), **{"summary": "mails wait", **said})
    ward.live(timedelta(minutes=1))
    return ward.dossier(incident)


def test_the_new_problem_is_recognised_and_healed(settings: Settings) -> None:
    ward, mailer = line_in_memory(settings, {"mail": 812})
    dossier = alarm(ward)
    assert dossier.closing is Closing.HEALED, ward.view(dossier.incident.id).timeline
    assert (dossier.plan.playbook, dossier.plan.measured, mailer.starts) == ("restart_mail_worker", True, 2)
    (found,) = [one for one in dossier.diagnosis.hypotheses if one.cause == "mail_worker_stuck"]
    assert found.bindings == {"broker": "mail-broker"}


def test_words_of_its_log_lead_to_it_too(settings: Settings) -> None:
    ward, _ = line_in_memory(settings, {"mail": 812})
    dossier = alarm(ward, "ERROR mailer", text="SMTPError: SMTP connection pool is exhausted")
    assert dossier.closing is Closing.HEALED


def test_a_false_alarm_restarts_nothing(settings: Settings) -> None:
    ward, mailer = line_in_memory(settings, {"mail": 3})
    dossier = alarm(ward)
    assert (dossier.incident.state, dossier.plan, mailer.starts) == (IncidentState.ESCALATED, None, 1)


def test_the_commands_of_the_page_find_no_fault(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(settings.config_file.parent)
    run = CliRunner().invoke
    for app, words in (
        (cause_app, ["lint", "my-causes/"]),
        (cause_app, ["lint"]),
        (cause_app, ["list"]),
        (cause_app, ["show", "mail_worker_stuck"]),
        (playbook_app, ["lint", "my-playbooks/"]),
    ):
        found = run(app, words)
        assert found.exit_code == 0, found.output
    shown = yaml.safe_load(run(cause_app, ["show", "mail_worker_stuck"]).output)
    assert shown["bindings"] == {"broker": "label.broker"}
    assert json.loads(run(cause_app, ["show", "mail_worker_stuck", "--json"]).output) == shown


def test_a_fault_in_a_file_is_reported_with_its_line_and_ends_the_command(settings: Settings) -> None:
    file = settings.causes[0] / "mail_worker_stuck.yaml"
    file.write_text(file.read_text().replace("check: alive", "check: alife"))
    found = CliRunner().invoke(cause_app, ["lint", str(file)])
    assert found.exit_code == 2
    assert "my-causes/mail_worker_stuck.yaml:11: names unknown check 'alife'; known: alive, " in found.output


def test_an_edit_is_taken_over_and_a_broken_one_changes_nothing(settings: Settings) -> None:
    shelf, file = cause_shelf(settings, KNOWN), settings.causes[0] / "mail_worker_stuck.yaml"
    text = file.read_text()
    file.write_text(text.replace("at_least: 500", "at_least: 900"))
    shelf.refresh()
    assert shelf.current()["mail_worker_stuck"].measures[1].at_least == 900
    file.write_text("name: [")
    shelf.refresh()
    assert shelf.current()["mail_worker_stuck"].measures[1].at_least == 900
    assert shelf.faults[0].file == "my-causes/mail_worker_stuck.yaml"
    file.write_text(text)
    shelf.refresh()
    assert shelf.current()["mail_worker_stuck"].measures[1].at_least == 500
    assert shelf.faults == ()


def test_a_removed_cause_leaves_its_playbook_in_force_and_is_reported(settings: Settings) -> None:
    playbooks = playbook_shelf(settings, KNOWN)
    good = playbooks.current()
    (settings.causes[0] / "mail_worker_stuck.yaml").unlink()
    cause_shelf(settings, KNOWN).refresh()
    playbooks.refresh()
    assert playbooks.current() is good
    assert "names unknown cause 'mail_worker_stuck'" in str(playbooks.faults[0])


def test_a_cause_that_others_may_change_is_refused(settings: Settings) -> None:
    (settings.causes[0] / "mail_worker_stuck.yaml").chmod(0o666)
    with pytest.raises(SourceError, match="can be changed by others"):
        cause_shelf(settings, KNOWN)
    (settings.causes[0] / "mail_worker_stuck.yaml").chmod(0o644)
    settings.causes[0].chmod(0o777)
    with pytest.raises(SourceError, match="can be changed by others"):
        cause_shelf(settings, KNOWN)
    assert os.access(settings.causes[0], os.W_OK)
