"""The demo workspace of a new installation."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from bots.models import Flow
from builders import a_client, a_user
from config import demo
from messengers.models import Channel
from workspaces.models import User, Workspace
from workspaces.scope import tenant

SHOP = "http://localhost:8010"


@pytest.mark.django_db
def test_an_empty_installation_gets_a_chat_bots_and_people_who_can_sign_in() -> None:
    assert demo.is_wanted()
    made = demo.fill([SHOP])
    owner = User.objects.get(email=made.email)
    assert owner.check_password(made.password)
    with tenant(made.workspace):
        assert Channel.objects.get(key=made.channel).settings["origins"] == [SHOP]
        assert Flow.objects.filter(published__isnull=False).count() == len(demo.FLOWS)
    slug = Workspace.objects.get(pk=made.workspace).slug
    assert a_client(owner).get(reverse("analytics:dashboard", args=[slug])).status_code == 200
    assert not demo.is_wanted()


@pytest.mark.django_db
def test_it_follows_the_shop_to_another_port_and_forgets_nothing(tmp_path: Path) -> None:
    made = demo.fill([SHOP])
    demo.save(made, tmp_path / "demo.json")
    known = demo.saved(tmp_path / "demo.json")
    assert known == made
    assert (tmp_path / "demo.json").stat().st_mode & 0o777 == 0o600
    demo.allow(made, [SHOP, "http://localhost:8011"])
    demo.allow(made, ["http://localhost:8011"])
    with tenant(made.workspace):
        assert Channel.objects.get(key=made.channel).settings["origins"] == [SHOP, "http://localhost:8011"]


@pytest.mark.django_db
def test_an_installation_in_use_is_left_alone() -> None:
    a_user()
    with pytest.raises(CommandError, match="for an empty installation"):
        call_command("demo")
