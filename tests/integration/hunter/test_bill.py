"""Bills of materials of the product and of an environment, validated against CycloneDX's own schema."""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from grace_workers.bootstrap.coding import bill_of_environment, bill_of_product
from grace_workers.foundation.errors import InputError


@pytest.fixture(scope="module")
def validator():
    """Check a bill against the schema. Importing what it needs takes seconds, so only this suite does."""
    from cyclonedx.schema import OutputFormat, SchemaVersion
    from cyclonedx.validation import make_schemabased_validator

    return make_schemabased_validator(OutputFormat.JSON, SchemaVersion.V1_6)


@pytest.mark.parametrize("make", [bill_of_product, lambda: bill_of_environment(Path(sys.prefix))], ids=["own", "other"])
def test_a_bill_keeps_to_the_schema(make, validator):
    assert validator.validate_str(make()) is None


def test_the_product_is_there_with_what_it_needs_and_without_what_tests_need():
    bill = json.loads(bill_of_product())
    parts = {one["name"]: one for one in bill["components"]}
    assert (bill["metadata"]["component"]["name"], bill["metadata"]["component"]["version"]) == (
        "grace-workers",
        version("grace-workers"),
    )
    assert {"celery", "kombu", "sqlalchemy", "vine"} <= parts.keys()
    assert "pytest" not in parts
    assert parts["celery"]["purl"] == f"pkg:pypi/celery@{version('celery')}"
    assert all(one.get("licenses") for one in parts.values() if one["name"] in {"celery", "kombu", "fastapi"})


def test_the_graph_shows_which_kernel_needs_which():
    bill = json.loads(bill_of_product())
    needs = {one["ref"]: one.get("dependsOn", []) for one in bill["dependencies"]}
    assert any(need.startswith("pkg:pypi/kombu@") for need in needs[f"pkg:pypi/celery@{version('celery')}"])


def test_an_environment_is_read_without_running_it(tmp_path):
    packages = tmp_path / "env" / "lib" / "python3.12" / "site-packages"
    (packages / "shop-1.2.dist-info").mkdir(parents=True)
    (packages / "shop-1.2.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: Shop\nVersion: 1.2\n")
    (packages / "evil.pth").write_text("import os; os.abort()\n")
    bill = json.loads(bill_of_environment(tmp_path / "env"))
    assert [(one["name"], one["version"]) for one in bill["components"]] == [("shop", "1.2")]
    with pytest.raises(InputError, match="no virtual environment"):
        bill_of_environment(tmp_path)
