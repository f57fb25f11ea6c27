"""What the Content-Security-Policy would refuse, and icons that do not exist, are found before a browser starts."""

import json
import re
from pathlib import Path

import pytest
from django.test import Client

from builders import a_client, a_user
from config.environment import ROOT
from config.navigation import ACTIONS, SECTIONS

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
_REFUSED = re.compile(r"<style\b|\sstyle=|\son[a-z]+=\"|\shx-on|<script(?![^>]*\bsrc=)|javascript:")
_ICON = re.compile(r"{% icon \"([\w-]+)\"|<c-[a-z-]+\b[^>]*?\bicon=\"([a-z][\w-]*)\"|<c-icon name=\"([a-z][\w-]*)\"")
_LETTERS = ("account/email", "workspaces/letter")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_holds_nothing_that_the_policy_refuses(template: Path) -> None:
    if any(part in str(template.relative_to(ROOT / "templates")) for part in _LETTERS):
        pytest.skip("a letter is no page")

    assert _REFUSED.findall(template.read_text()) == []


def test_every_icon_that_is_named_exists() -> None:
    drawn = json.loads((ROOT / "static" / "dist" / "icons.json").read_text())
    named = {name for path in TEMPLATES for pair in _ICON.findall(path.read_text()) for name in pair if name}

    assert len(named) > 20
    assert {*named, *(entry.icon for entry in (*SECTIONS, *ACTIONS))} - set(drawn) == set()


@pytest.mark.django_db
def test_the_policy_allows_our_own_files_only() -> None:
    policy = Client().get("/accounts/login/").headers["Content-Security-Policy"]

    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert "default-src 'self'" in policy


@pytest.mark.django_db
def test_the_style_guide_is_for_staff() -> None:
    assert a_client(a_user()).get("/_components/").status_code == 404
    assert a_client(a_user(is_staff=True)).get("/_components/").status_code == 200
