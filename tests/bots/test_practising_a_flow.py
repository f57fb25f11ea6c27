"""A flow is practised: made-up people of the lab go through it on the twins of its channels, and nothing leaves."""

from collections.abc import Iterator
from typing import Any

import pytest

from bots import practising
from bots.models import Flow, FlowVersion, Run
from builders import a_channel, a_client, a_member, a_user, a_workspace
from fake_messenger import a_sender, eventually
from flow_people import a_flow, choice, keyword, message
from lab.running import Lab, a_lab
from messengers import inbox, practice
from messengers.models import Channel, Message
from own_door import a_door
from workspaces.roles import Role
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def lab(settings: Any, committed_db: None) -> Iterator[Lab]:
    with a_lab() as made, a_door(settings):
        settings.LAB_URL = made.url
        yield made


class Team:
    """An owner with a flow for two true channels of the lab's messengers."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.owner = lab, a_user(language="en")
        self.workspace = a_workspace(self.owner)
        self.owners = a_client(self.owner)
        self.owners.cookies["django_language"] = "en"
        with tenant(self.workspace):
            # Stand for true ones: who practises elsewhere would not call anybody.
            self.telegram = a_channel("telegram", name="Shop bot", secrets={"token": "1:a"})
            self.vk = a_channel("vk", name="Shop VK", secrets={"token": "v" * 50})
            on = keyword("цена", channels=[self.telegram.pk, self.vk.pk])
            self.flow = a_flow(on, ask=choice("Кофе?", yes="end"), end=message("Везу"))

    def asks(self, rest: str, user: Any = None, **posted: Any) -> str:
        address = f"/w/{self.workspace.slug}/bots/{self.flow.pk}/practice/{rest}"
        answer = (user or self.owners).post(address, posted, follow=True)
        return " ".join(answer.content.decode().split())

    def twins(self) -> list[Channel]:
        return list(Channel.objects.filter(practice=True).order_by("kind"))

    def works(self) -> None:
        with tenant(self.workspace):
            waiting = self.twins()
        for twin in waiting:
            inbox.process_waiting(twin.pk, workspace_id=self.workspace.pk, seconds=1)

    def in_it(self) -> int:
        with tenant(self.workspace):
            return Run.objects.filter(flow=self.flow, state="waiting").count()


@pytest.fixture
def team(lab: Lab) -> Team:
    return Team(lab)


def since_of(page: str) -> str:
    return page.partition('name="since" value="')[2].partition('"')[0]


def test_a_flow_is_practised_on_twins_of_its_channels_with_as_many_people_as_asked_for(team: Team, lab: Lab) -> None:
    told = team.asks("begin/", people=3)
    since = since_of(told)
    assert "0 of 3 made-up people" in told
    with tenant(team.workspace):
        assert [twin.kind for twin in team.twins()] == ["telegram", "vk"]

    def goes_on() -> bool:
        team.works()
        team.asks("begin/", people=3, since=since)
        return team.in_it() == 6

    with a_sender():
        eventually(goes_on, 20)
        eventually(
            lambda: "3 of 3" in (page := team.asks("begin/", people=3, since=since)) and "load delay" not in page
        )
        page = team.asks("begin/", people=3, since=since)
        assert page.count("Кофе?") >= 6
        assert page.count("Open the phone") == 6
        with tenant(team.workspace):
            talk = practice.crowd(team.twins()[0])[0]
            where = practice.phone(talk)
            assert not Message.objects.filter(channel__practice=False).exists()
        key = where.split("/")[-2]
        bot = lab.telegram.bot(key)
        phone = bot.phone(lab.people.find(int(where.rpartition("/")[2])))
        assert phone.texts() == ["Кофе?"]
        phone.presses("yes")
        eventually(lambda: team.works() or phone.texts() == ["Кофе?", "Везу"], 20)
    assert team.in_it() == 5
    assert "The practice is over: 5 made-up people were stopped" in team.asks("end/")
    assert team.in_it() == 0
    team.asks("begin/", people=2)
    assert team.in_it() == 4, "who is there already goes through it again, at once"
    with tenant(team.workspace):
        assert Run.objects.filter(flow=team.flow).count() == 10
        assert len(team.twins()) == 2, "and no further channels are made"


def test_a_draft_is_practised_before_it_is_published_and_no_list_shows_that(team: Team) -> None:
    with tenant(team.workspace):
        Flow.objects.filter(pk=team.flow.pk).update(draft={**team.flow.draft, "triggers": []})
        team.flow.refresh_from_db()
        drafted = practising.version_for(team.flow, published=False)
        assert (drafted.number, practising.version_for(team.flow, published=True).number) == (0, 1)
        assert practising.version_for(team.flow, published=False) == drafted
        Flow.objects.filter(pk=team.flow.pk).update(draft={**team.flow.draft, "start": None})
        team.flow.refresh_from_db()
        with pytest.raises(practising.UnfinishedError):
            practising.version_for(team.flow, published=False)
        assert FlowVersion.objects.filter(flow=team.flow).count() == 2
    versions = team.owners.get(f"/w/{team.workspace.slug}/bots/{team.flow.pk}/data/versions/").json()["versions"]
    assert [one["number"] for one in versions] == [1]


def test_what_stands_in_the_way_is_said(team: Team, settings: Any) -> None:
    marketer = a_client(a_member(team.workspace, Role.MARKETER))
    marketer.cookies["django_language"] = "en"
    assert "Ask somebody who manages channels" in team.asks("begin/", marketer, people=1)
    settings.LAB_URL = "http://127.0.0.1:9"
    assert "The lab does not answer" in team.asks("begin/", people=1)
    settings.LAB_URL = ""
    assert "can be practised on" in team.asks("begin/", people=1)
    with tenant(team.workspace):
        assert team.twins() == []
        Flow.objects.filter(pk=team.flow.pk).update(draft={**team.flow.draft, "start": None})
    assert "not finished" in team.asks("begin/", people=1)
