"""The how-to's example driver, followed to the letter: as files of the repository, and as a separate package."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.copied import copied

ROOT = Path(__file__).parent.parent.parent.parent
PAGE = (ROOT / "docs" / "how-to" / "add-a-driver.md").read_text(encoding="utf-8")
STEPS = dict(re.findall(r"into\s+`([^`]+\.py)`:\n\n```python\n(.*?)```", PAGE, re.DOTALL))
DRIVER, TEST = "grace_workers/drivers/env_file.py", "tests/unit/drivers/test_env_file.py"
OPENED = """
import json, sys
from pathlib import Path
from grace_workers.actions import FlagStore
from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.bootstrap.definitions import open_world, playbook_shelf, targets_of
from grace_workers.foundation.ids import uuid7
from grace_workers.playbooks import Occasion, bind
from grace_workers.settings import load_settings

PARAMS = {"flag": "CHECKOUT", "variant": "off"}
settings = load_settings(Path(sys.argv[1]))
world = open_world(settings)
found = {"imported": "acme_grace.env_file" in sys.modules}
if found["imported"]:
    found["flags"] = [flag.key for flag in world.role("shop-switches", FlagStore).flags()]
    asked = Occasion(incident=uuid7(), subject="shop-switches", proposer="ann", reason="it fails", params=PARAMS)
    plan = bind(playbook_shelf(settings, catalogs()).current(), "switch_off_bad_flag", asked, targets_of(settings))
    found["plan"] = [step.primitive for step in plan.steps]
print(json.dumps(found))
"""


@pytest.mark.fleet
@pytest.mark.timeout(300)
def test_one_file_and_one_test_make_a_driver(tmp_path: Path) -> None:
    copied(tmp_path, "grace_workers", "tests", "docs", "playbooks")
    assert sorted(STEPS) == [DRIVER, TEST]
    for path, code in STEPS.items():
        assert not (tmp_path / path).exists()
        (tmp_path / path).write_text(code, encoding="utf-8")
    suites = ["conformance/test_drivers.py", "conformance/roles/test_flag_store.py"]
    houses = ["architecture/test_definitions.py", "architecture/test_outside_calls.py", "architecture/test_layers.py"]
    files = [TEST, *(f"tests/{name}" for name in suites + houses)]
    told = _run(["-m", "pytest", "-q", "-p", "no:cacheprovider", *files, "-k", "env_file or driver"], tmp_path)
    passed = re.search(r"(\d+) passed", told)
    assert passed, told
    assert int(passed[1]) >= 20
    _run(["-m", "tests.architecture.generate_reference"], tmp_path)
    page = (tmp_path / "docs" / "reference" / "targets.md").read_text(encoding="utf-8")
    assert "## `env_file`\n\nFeature flags in an environment file, a line such as `CHECKOUT=on` for each." in page
    assert "| `file` | path |  | required | The file. Its other lines stay as they are. |" in page


def test_a_driver_from_another_package_is_imported_only_for_a_target_that_names_it(tmp_path: Path) -> None:
    _install(tmp_path / "site")
    (tmp_path / "flags.env").write_text("CHECKOUT=on\n")
    example = re.search(r'EXAMPLE = """\\\n(.*?)"""', STEPS[DRIVER], re.DOTALL)
    assert example is not None
    declared = example.group(1).replace("/etc/shop/flags.env", str(tmp_path / "flags.env"))
    (tmp_path / "grace.yaml").write_text(declared)
    (tmp_path / "other.yaml").write_text("targets: [{name: shop, kind: files, connection: {root: /srv/shop}}]\n")
    (tmp_path / "typo.yaml").write_text(declared.replace("env_file", "envfile"))
    assert _opened(tmp_path, "grace.yaml") == {
        "imported": True,
        "flags": ["CHECKOUT"],
        "plan": ["toggle_flag"],
    }
    assert _opened(tmp_path, "other.yaml") == {"imported": False}
    with pytest.raises(AssertionError, match=r"unknown kind 'envfile'; known kinds: .*env_file"):
        _opened(tmp_path, "typo.yaml")


def _install(site: Path) -> None:
    """Lay the driver out as an installed package whose `pyproject.toml` says what the page shows."""
    (site / "acme_grace").mkdir(parents=True)
    (site / "acme_grace" / "__init__.py").touch()
    (site / "acme_grace" / "env_file.py").write_text(STEPS[DRIVER], encoding="utf-8")
    shown = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert shown is not None
    ((group, named),) = tomllib.loads(shown.group(1))["project"]["entry-points"].items()
    about = site / "acme_grace-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-grace\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        f"[{group}]\n" + "".join(f"{kind} = {place}\n" for kind, place in named.items())
    )


def _opened(folder: Path, settings: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(_run(["-c", OPENED, str(folder / settings)], ROOT, folder / "site"))
    return found


def _run(arguments: list[str], folder: Path, site: Path | None = None) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | ({} if site is None else {"PYTHONPATH": str(site)}),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
