from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from analytics.growth_chart import growth_chart
from analytics.overview import Day
from analytics.period import period_of
from bots.models import Flow, FlowVersion
from builders import a_channel, a_client, a_conversation, a_member, a_message, a_workspace, an_identity
from messengers.models import Channel, Identity, Message
from workspaces.models import Membership, User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Workspace:
    return a_workspace(name="Shop", language="en")


@pytest.fixture
def owner(shop: Workspace) -> User:
    with tenant(shop):
        return Membership.objects.select_related("user").get().user


def _page(shop: Workspace, user: User, query: str = "") -> str:
    response = a_client(user).get(f"/w/{shop.slug}/{query}", headers={"accept-language": "en"})
    assert response.status_code == 200
    return response.content.decode()


def test_an_empty_workspace_says_no_data_yet_and_not_nought(shop: Workspace, owner: User) -> None:
    page = _page(shop, owner)

    assert "no data yet" in page
    assert "No channels yet" in page


def test_figures_count_the_period_and_compare_it_with_the_one_before(shop: Workspace, owner: User) -> None:
    with tenant(shop):
        channel = a_channel()
        for days in (1, 2, 3, 40):
            identity = an_identity(channel)
            Identity.objects.filter(pk=identity.pk).update(created_at=timezone.now() - timedelta(days=days))
        an_identity(channel, state=Identity.State.UNSUBSCRIBED, state_at=timezone.now())

    figures = a_client(owner).get(f"/w/{shop.slug}/?days=30").context["figures"]

    assert figures.subscribers == 4
    assert (figures.new.value, figures.new.change) == (4, 3)
    assert (figures.left.value, figures.net) == (1, 3)


def test_messages_that_never_left_are_not_counted(shop: Workspace, owner: User) -> None:
    with tenant(shop):
        talk = a_conversation()
        a_message(talk)
        a_message(talk, direction="out")
        a_message(talk, direction="out", status="rejected")

    figures = a_client(owner).get(f"/w/{shop.slug}/").context["figures"]

    assert (figures.messages_in.value, figures.messages_out.value) == (1, 1)


def test_the_longest_wait_is_named(shop: Workspace, owner: User) -> None:
    with tenant(shop):
        a_conversation(waiting_since=timezone.now() - timedelta(hours=3))
        a_conversation(waiting_since=timezone.now() - timedelta(minutes=5))

    assert "the longest wait is 3\u00a0h" in _page(shop, owner)


def test_a_broken_channel_comes_first_with_its_reason_and_a_way_to_mend_it(shop: Workspace, owner: User) -> None:
    with tenant(shop):
        a_channel(name="Good")
        a_channel(name="Lost", state=Channel.State.BROKEN, broken_reason="The token was refused")
    page = _page(shop, owner)

    assert page.index(">Lost<") < page.index(">Good<")
    assert "The token was refused" in page
    assert "Mend" in page


def test_an_analyst_sees_figures_but_no_names_and_nothing_to_mend(shop: Workspace) -> None:
    analyst = a_member(shop, Role.ANALYST)
    with tenant(shop):
        a_conversation(name="Olga Secret")
        a_channel(state=Channel.State.BROKEN)
    page = _page(shop, analyst)

    assert "Active subscribers" in page
    assert "Olga Secret" not in page
    assert "Mend" not in page
    assert "First steps" not in page


def test_the_number_of_queries_does_not_grow_with_the_base(
    shop: Workspace, owner: User, django_assert_max_num_queries: object
) -> None:
    def queries() -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as seen:
            _page(shop, owner)
        return len(seen)

    with tenant(shop):
        a_message(a_conversation())
    few = queries()
    with tenant(shop):
        for _ in range(12):
            a_message(a_conversation())
            a_channel()

    assert queries() == few


def test_first_steps_tick_themselves_off_and_go_when_all_is_done(shop: Workspace, owner: User) -> None:
    assert "0 of 5" in _page(shop, owner)

    with tenant(shop):
        talk = a_conversation()
        a_message(talk)
    assert "2 of 5" in _page(shop, owner)

    with tenant(shop):
        a_message(talk, direction=Message.Direction.OUT)
        flow = Flow.objects.create(name="Hello", draft={})
        flow.published = FlowVersion.objects.create(flow=flow, number=1, graph={})
        flow.save()
    a_member(shop, Role.AGENT)

    assert "First steps" not in _page(shop, owner)


def test_hiding_the_first_steps_is_remembered_for_one_member_and_can_be_undone(shop: Workspace, owner: User) -> None:
    admin = a_member(shop, Role.ADMIN)
    browser = a_client(owner)

    hidden = browser.post(f"/w/{shop.slug}/first-steps/hide/", follow=True)

    assert "First steps" not in hidden.content.decode()
    assert f'data-undo="/w/{shop.slug}/first-steps/show/"' in hidden.content.decode()
    assert "First steps" in _page(shop, admin)

    browser.post(f"/w/{shop.slug}/first-steps/show/")
    assert "First steps" in _page(shop, owner)


def test_a_day_is_the_workspaces_own_day() -> None:
    late_evening_in_moscow = datetime(2026, 11, 22, 21, 30, tzinfo=UTC)

    period = period_of("7", late_evening_in_moscow, ZoneInfo("Europe/Moscow"))

    assert (period.dates[0].isoformat(), period.dates[-1].isoformat()) == ("2026-11-17", "2026-11-23")


@pytest.mark.parametrize("asked", [None, "", "8", "-7", "all", "9" * 30])
def test_a_period_that_is_not_offered_is_the_usual_one(asked: str | None) -> None:
    assert period_of(asked, timezone.now(), ZoneInfo("UTC")).days == 30


def test_bars_in_both_directions_share_one_scale() -> None:
    day = datetime(2026, 11, 23, tzinfo=UTC).date()

    chart = growth_chart([Day(day, 30, 10), Day(day, 0, 0)])

    heights = {bar.kind: bar.height for bar in chart.bars}
    assert heights == {"new": 75, "left": 25}
    assert chart.axis == 75
