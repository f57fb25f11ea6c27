"""The layout's trap: our source root bears the name of a module of the standard library."""

import subprocess
import sys

from django.apps import apps

from config.environment import ROOT


def test_the_source_root_does_not_shadow_the_standard_library() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()
    said = subprocess.run(
        [sys.executable, "-c", "import platform; print(platform.system())"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout.strip()


def test_every_app_of_ours_is_the_one_in_this_repository() -> None:
    folders = {path.parent.name for top in (ROOT, ROOT / "platform") for path in top.glob("*/apps.py")}
    ours = {config.label: config.path for config in apps.get_app_configs() if config.label in folders}
    assert ours
    assert all(path.startswith(str(ROOT)) and "site-packages" not in path for path in ours.values())
