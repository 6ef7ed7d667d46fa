from pathlib import Path

import pytest

from grace_workers.settings import load_settings


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "models" / "deep").mkdir(parents=True)
    for name in ("a.joblib", "deep/b.onnx", "c.pt", "d.pkl", "e.yaml"):
        (tmp_path / "models" / name).write_bytes(b"x")
    file = tmp_path / "grace.yaml"
    file.write_text("model_files: [models]\n")
    return file


def test_a_team_s_model_files_are_kept_from_a_folder_beside_the_settings(config: Path) -> None:
    settings, folder = load_settings(config), config.parent / "models"
    names = [name for name in settings.kept_files if name.startswith("model_files/")]
    assert names == ["model_files/0/a.joblib", "model_files/0/c.pt", "model_files/0/deep/b.onnx"]
    assert settings.kept_file("model_files/0/deep/b.onnx") == folder / "deep/b.onnx"
    for stranger in ("model_files/1/a.joblib", "model_files/0/../grace.yaml", "model_files/x/a.joblib"):
        assert settings.kept_file(stranger) is None
