"""The demo workspace of a new installation."""

from datetime import UTC, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from analytics.overview import overview
from analytics.period import period_of
from bots.models import Flow
from builders import a_client, a_user
from chatpanel import listing
from config import demo, demo_past
from messengers.models import Attempt, Channel, Conversation, Identity, InboundUpdate, Message
from messengers.statuses import RECEIPTS, Status
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
def test_it_has_a_month_behind_it_and_two_visitors_who_wait_now() -> None:
    made = demo.fill([SHOP])
    owner = User.objects.get(email=made.email)
    now = timezone.now()
    with tenant(made.workspace):
        figures = overview(period_of("30", now, UTC))
        busy = [day for day in figures.growth if day.new]
        assert figures.subscribers
        assert figures.subscribers > 30
        assert figures.left.value == Identity.objects.exclude(state=Identity.State.ACTIVE).count() > 0
        assert len(busy) > 20
        assert figures.messages_in.value == Message.objects.filter(direction="in").count() > 60
        unanswered = listing.find(listing.Filters(folder=listing.Folder.UNASSIGNED), owner.pk).conversations
        assert len(unanswered) == figures.waiting == 2
        assert figures.waiting_since
        assert now - figures.waiting_since < timedelta(hours=1)
        assert listing.find(listing.Filters(folder=listing.Folder.MINE), owner.pk).conversations
        assert Conversation.objects.filter(state=Conversation.State.CLOSED).exists()


@pytest.mark.django_db
def test_its_past_is_over_nothing_of_it_waits_to_be_sent_or_answered() -> None:
    made = demo.fill([SHOP])
    now = timezone.now()
    with tenant(made.workspace):
        sent = Message.objects.filter(direction=Message.Direction.OUT)
        failed = sent.get(status=Status.UNREACHABLE)
        assert failed.reason
        assert Attempt.objects.get(message=failed).outcome == "unreachable"
        assert sent.exclude(pk=failed.pk).count() == sent.filter(status__in=RECEIPTS).count()
        assert not Message.objects.filter(created_at__gt=now).exists()
        assert not Message.objects.filter(read_at__gt=now).exists()
        assert not InboundUpdate.objects.exists()


@pytest.mark.django_db
def test_its_past_is_told_once() -> None:
    made = demo.fill([SHOP])
    with tenant(made.workspace):
        before = Message.objects.count()
        demo_past.remember(Channel.objects.get(key=made.channel), {}, UTC, timezone.now())
        assert Message.objects.count() == before


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
