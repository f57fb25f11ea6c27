"""An administrator connects a site chat, dresses it, puts it on his site, and switches it off."""

from typing import Any

import pytest
from django.test import Client

from builders import a_channel, a_client, a_conversation, a_member, a_user, a_workspace
from fake_messenger import Sink, a_fake_channel, a_sender, eventually
from messengers import channel_health, outbox
from messengers.content import Content
from messengers.models import Channel, InboundUpdate
from messengers.site_chat import sightings
from workspaces.models import AuditEntry, User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

pytestmark = pytest.mark.django_db

FORM = {
    "name": "Shop's chat",
    "origins": "Shop.example\n*.shop.example",
    "title": "Boots",
    "greeting": "We answer at once",
    "offline_text": "",
    "color": "#FFD400",
    "position": "left",
    "language": "en",
}


@pytest.fixture
def owner() -> User:
    return a_user(language="en")


@pytest.fixture
def workspace(owner: User) -> Workspace:
    return a_workspace(owner)


@pytest.fixture
def browser(owner: User) -> Client:
    client = a_client(owner)
    client.cookies["django_language"] = "en"
    return client


def address(workspace: Workspace, path: str = "") -> str:
    return f"/w/{workspace.slug}/channels/{path}"


def made(workspace: Workspace, **settings: Any) -> Channel:
    with tenant(workspace):
        return a_channel(name="Shop's chat", settings={"origins": ["https://shop.example"], **settings})


def kept(workspace: Workspace) -> Channel:
    with tenant(workspace):
        return Channel.objects.get()


def test_the_empty_list_says_what_to_do(browser: Client, workspace: Workspace) -> None:
    page = browser.get(address(workspace)).content.decode()

    assert "Connect a channel, and people can write to you" in page
    assert address(workspace, "new/") in page
    assert address(workspace, "new/site_chat/") in browser.get(address(workspace, "new/")).content.decode()


def test_a_site_chat_is_made_and_its_line_shown(browser: Client, workspace: Workspace) -> None:
    answer = browser.post(address(workspace, "new/site_chat/"), FORM, follow=True)

    channel = kept(workspace)
    assert channel.settings["origins"] == ["https://shop.example", "https://*.shop.example"]
    assert (channel.settings["color"], channel.settings["position"]) == ("#ffd400", "left")
    assert f"data-key=&quot;{channel.key}&quot;" in answer.content.decode().replace('"', "&quot;")
    with tenant(workspace):
        assert AuditEntry.objects.filter(action="channel.connected", target_id=channel.pk).exists()


def test_the_audit_log_tells_a_chats_settings_in_words(browser: Client, workspace: Workspace) -> None:
    browser.post(address(workspace, "new/site_chat/"), {**FORM, "language": "page"})

    log = browser.get(f"/w/{workspace.slug}/settings/audit/").content.decode()
    assert "settings: corner" in log
    assert "On the left" in log
    assert "As on the page" in log
    assert not {"origins", "offline_text"} & set(log.replace(":", " ").split())


@pytest.mark.parametrize(
    ("origins", "words"),
    [
        ("", "This field is required"),
        ("shop", "write the whole name"),
        ("*.com", "every site there is"),
        ("ftp://shop.example", "begins with https://"),
    ],
)
def test_a_wrong_site_is_said_in_words_and_nothing_is_made(
    browser: Client, workspace: Workspace, origins: str, words: str
) -> None:
    answer = browser.post(address(workspace, "new/site_chat/"), {**FORM, "origins": origins})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    with tenant(workspace):
        assert not Channel.objects.exists()


def test_a_change_reaches_the_widget(browser: Client, workspace: Workspace) -> None:
    channel = made(workspace)

    browser.post(address(workspace, f"{channel.pk}/"), {**FORM, "offline_text": "Be right back"})

    config = Client().get(f"/chat/{channel.key}/config", headers={"Origin": "https://shop.example"}).json()
    assert config == {
        "title": "Boots",
        "greeting": "We answer at once",
        "offline": "Be right back",
        "color": "#ffd400",
        "position": "left",
        "language": "en",
    }


def test_the_check_waits_for_the_first_visit(browser: Client, workspace: Workspace) -> None:
    channel = made(workspace)
    check = address(workspace, f"{channel.pk}/install/check/")
    assert "waiting for the first visit" in browser.get(check).content.decode()

    Client().get(f"/chat/{channel.key}/config", headers={"Origin": "https://shop.example"})

    assert "The chat is on your site" in browser.get(check).content.decode()


def test_a_refused_site_is_allowed_with_one_press(browser: Client, workspace: Workspace) -> None:
    channel = made(workspace)
    Client().get(f"/chat/{channel.key}/config", headers={"Origin": "https://new.example"})
    page = browser.get(address(workspace, f"{channel.pk}/install/")).content.decode()
    assert "https://new.example tried to show the chat" in page

    browser.post(address(workspace, f"{channel.pk}/allow/"), {"origin": "https://new.example"})

    assert kept(workspace).settings["origins"] == ["https://shop.example", "https://new.example"]
    assert sightings.refused_on(channel.pk) == []
    browser.post(address(workspace, f"{channel.pk}/allow/"), {"origin": "https://never.example"})
    assert "https://never.example" not in kept(workspace).settings["origins"]


def test_a_full_list_of_sites_takes_no_more(browser: Client, workspace: Workspace) -> None:
    channel = made(workspace)
    full = [f"https://shop{number}.example" for number in range(50)]
    with tenant(workspace):
        Channel.objects.update(settings=channel.settings | {"origins": full})
    Client().get(f"/chat/{channel.key}/config", headers={"Origin": "https://new.example"})

    answer = browser.post(address(workspace, f"{channel.pk}/allow/"), {"origin": "https://new.example"}, follow=True)

    assert "The list of sites is full" in answer.content.decode()
    assert kept(workspace).settings["origins"] == full


@pytest.mark.parametrize("origin", ["null", "https://*.com", "https://*.example"])
def test_what_is_no_single_site_is_never_offered_for_a_press(
    browser: Client, workspace: Workspace, origin: str
) -> None:
    channel = made(workspace)
    Client().get(f"/chat/{channel.key}/config", headers={"Origin": origin})

    browser.post(address(workspace, f"{channel.pk}/allow/"), {"origin": origin})

    assert kept(workspace).settings["origins"] == ["https://shop.example"]


def test_a_channel_is_switched_off_and_on(browser: Client, workspace: Workspace) -> None:
    channel = made(workspace)
    with tenant(workspace):
        a_conversation(channel)

    browser.post(address(workspace, f"{channel.pk}/switch/"), {"on": "no"})
    assert kept(workspace).state == Channel.State.DISCONNECTED
    answer = browser.post(address(workspace, f"{channel.pk}/switch/"), {"on": "yes"}, follow=True)

    assert kept(workspace).state == Channel.State.ACTIVE
    assert "works again" in answer.content.decode()


def test_the_list_shows_health_and_people(browser: Client, workspace: Workspace) -> None:
    channel = made(workspace)
    with tenant(workspace):
        Channel.objects.update(state=Channel.State.BROKEN, broken_reason="The key was revoked")
        a_conversation(channel)
        InboundUpdate.objects.create(channel=channel, external_id="1", body={}, state=InboundUpdate.State.FAILED)

    page = browser.get(address(workspace)).content.decode()

    assert "Needs attention" in page
    assert "The key was revoked" in page
    assert "1 update could not be read and is kept" in page


def test_the_preview_may_stand_on_our_pages_alone(browser: Client, workspace: Workspace) -> None:
    answer = browser.get(address(workspace, "preview/"))

    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("role", [Role.AGENT, Role.MARKETER, Role.ANALYST])
def test_others_may_not(workspace: Workspace, role: Role) -> None:
    client = a_client(a_member(workspace, role))

    assert client.get(address(workspace)).status_code == 403
    assert client.post(address(workspace, "new/site_chat/"), FORM).status_code == 403


def test_the_last_hour_of_a_channel_is_counted(committed_db: None, sink: Sink) -> None:
    workspace = a_workspace()
    sink.answers = [(200, {}), (403, {})]
    with tenant(workspace):
        channel = a_fake_channel(sink)
        for name in ("Ann", "Bob"):
            outbox.enqueue(a_conversation(channel, name=name), Content(text="Hello"), source="member")
    with a_sender():
        eventually(lambda: channel_health.sending_counts.last_hour(channel.pk).failed == 1)
    with tenant(workspace):
        seen = channel_health.health(channel)
    assert (seen.sent, seen.failed, seen.failed_share) == (1, 1, 50)
    assert seen.pace == 0
