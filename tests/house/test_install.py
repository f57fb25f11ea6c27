"""The installer, which runs before anything is there: it repeats nothing, and says what to do when it cannot go on."""

import subprocess
import sys
from pathlib import Path

import pytest

from config import install


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(install, "ROOT", tmp_path)
    monkeypatch.setattr(install, "VAR", tmp_path / "var")
    monkeypatch.setattr(install, "TOOLS", tmp_path / "var" / "tools")
    return tmp_path


def test_keys_are_made_once_and_for_oneself(project: Path) -> None:
    install.make_keys()
    keys = project / "var" / "keys.env"
    made = keys.read_text()
    assert keys.stat().st_mode & 0o777 == 0o600
    install.make_keys()
    assert keys.read_text() == made


def test_a_cut_start_makes_whole_keys_the_next_time(project: Path) -> None:
    (project / "var").mkdir()
    (project / "var" / "keys.env.new").write_text("KASKAD_SECRET_KEY=ha")
    install.make_keys()
    assert "KASKAD_ENCRYPTION_KEYS=" in (project / "var" / "keys.env").read_text()


def test_a_step_is_done_until_its_sources_or_results_change(project: Path) -> None:
    source, result = project / "src" / "main.ts", project / "built.js"
    source.parent.mkdir()
    source.write_text("1")

    def done() -> bool:
        return install.is_done("front", ["src"], ["built.js"])

    assert not done()
    install.mark_done("front", ["src"])
    assert not done(), "the result is missing: the build was cut"
    result.touch()
    assert done()
    source.write_text("2")
    assert not done(), "a source has changed"
    install.mark_done("front", ["src"])
    (source.parent / "more.ts").touch()
    assert not done(), "a source has come"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("error: command 'gcc' failed: No such file or directory", "apt install build-essential"),
        ("error: failed to fetch https://pypi.org: dns error", "Is there a network"),
        ("npm error code ENOTFOUND", "Is there a network"),
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("something new", "The lines above say why"),
    ],
)
def test_a_failure_ends_with_what_to_do(said: str, told: str, project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(install.CannotInstallError, match=told):
        install.run([sys.executable, "-c", f"print({said!r}); raise SystemExit(1)"], {})
    assert said in capfd.readouterr().err


def test_a_python_that_is_too_old_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "OLDEST", (9, 0))
    monkeypatch.setattr(install.shutil, "which", lambda _name: None)
    with pytest.raises(install.CannotInstallError, match=r"needs Python 3\.11 or newer"):
        install.find_newer_python()


def test_a_python_without_pip_and_venv_is_told_in_words(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install.sys, "executable", "/bin/false")
    with pytest.raises(install.CannotInstallError, match="apt install python3-venv"):
        install.find_pip()


def test_it_runs_in_a_python_that_has_nothing() -> None:
    program = (
        "import sys; sys.argv = ['install']; import runpy; runpy.run_path(sys.orig_argv[-1], run_name='looked at')"
    )
    subprocess.run([sys.executable, "-I", "-S", "-c", program, install.__file__], check=True)
