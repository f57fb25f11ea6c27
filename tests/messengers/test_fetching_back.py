"""Our webhook was another's for a while: what people wrote meanwhile is fetched, once, and nothing old begins by it."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.utils import timezone

from builders import a_client, a_user, a_workspace
from fake_messenger import eventually
from flow_people import a_flow, keyword, message
from lab.running import Lab
from messengers import channels, inbox, missed, tasks, watchdog
from messengers.models import Channel, InboundUpdate, Message
from meta_at_work import handled
from workspaces.models import Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("door")

KINDS = ("vk", "messenger", "instagram")


class Shop:
    """A workspace with an account of the lab, which has heard from Anna."""

    def __init__(self, lab: Lab, kind: str) -> None:
        self.lab, self.kind, self.owner = lab, kind, a_user(language="en")
        self.workspace: Workspace = a_workspace(self.owner)
        self.platform = getattr(lab, kind)
        self.bot = self.platform.new_bot("Shop")
        keys = self.bot.credentials()
        settings = {"app_id": keys.pop("app_id")} if kind != "vk" else {}
        with tenant(self.workspace):
            secrets = {"token": self.bot.token} if kind == "vk" else keys
            self.made = channels.connect(kind, "", settings, secrets, self.owner, practice=True)
        self.anna = self.phone("Анна")
        self.anna.writes("до")
        self.hears(["до"])

    def phone(self, name: str) -> Any:
        return self.bot.phone(self.platform.person(name))

    def waiting(self) -> int:
        """How many posts nobody has taken yet."""
        return int(self.bot.shown()["waiting"])

    def channel(self) -> Channel:
        with tenant(self.workspace):
            return Channel.objects.get(pk=self.made.pk)

    def said(self) -> list[str]:
        with tenant(self.workspace):
            rows = Message.objects.filter(direction="in").order_by("created_at", "pk")
            return [row.content["text"] or row.content["attachments"][0]["kind"] for row in rows]

    def hears(self, said: list[str]) -> None:
        handled(self.made, lambda: sorted(self.said()) == sorted(said))

    def handles_all(self) -> None:
        inbox.process_waiting(self.made.pk, workspace_id=self.workspace.pk, seconds=5)

    def page(self, rest: str = "webhook/", **posted: str) -> str:
        browser = a_client(self.owner)
        browser.cookies["django_language"] = "en"
        address = f"/w/{self.workspace.slug}/channels/{self.made.pk}/{rest}"
        answer = browser.post(address, posted, follow=True) if rest.endswith("take-back/") else browser.get(address)
        return " ".join(answer.content.decode().split())


@pytest.fixture(scope="module")
def thief() -> Iterator[str]:
    """The address of another program, which takes what it is told and says so."""

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            """Be silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/hook"
        server.shutdown()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Channel]:
    """The channels for which the page asked the workers."""
    found: list[Channel] = []
    monkeypatch.setattr(tasks, "ask_for_missed", found.append)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_what_three_people_wrote_to_a_thief_is_fetched_once(
    lab: Lab, kind: str, asked: list[Channel], thief: str
) -> None:
    shop = Shop(lab, kind)
    boris, vera = shop.phone("Борис"), shop.phone("Вера")
    shop.bot.stolen_by(thief)
    shop.anna.writes("раз")
    boris.writes("два")
    vera.sends("photo")
    vera.writes("три")
    eventually(lambda: not shop.waiting())
    shop.page("webhook/take-back/")
    assert [one.pk for one in asked] == [shop.made.pk]
    assert "fetching what people wrote" in shop.page()
    tasks.fetch_missed(shop.made.pk, workspace_id=shop.workspace.pk)
    shop.handles_all()
    assert sorted(shop.said()) == sorted(["до", "раз", "два", "image", "три"])
    assert "4 messages that people wrote meanwhile were fetched" in shop.page()
    boris.writes("четыре")  # the webhook is ours again
    shop.hears(["до", "раз", "два", "image", "три", "четыре"])
    with tenant(shop.workspace):
        Channel.objects.filter(pk=shop.made.pk).update(hook_state={"missed_since": shop.made.created_at.isoformat()})
    assert missed.fetch(shop.made.pk, workspace_id=shop.workspace.pk) == 0, "all of it is known"
    with tenant(shop.workspace):
        assert not InboundUpdate.objects.filter(state=InboundUpdate.State.FAILED).exists()


def test_an_address_that_was_dropped_is_set_and_the_rest_fetched_by_the_watchdog_alone(lab: Lab, thief: str) -> None:
    shop = Shop(lab, "vk")
    watchdog.watch(shop.made.pk, workspace_id=shop.workspace.pk)
    assert "good_at" in shop.channel().hook_state
    shop.bot.stolen_by(thief)
    shop.anna.writes("раз")
    watchdog.watch(shop.made.pk, workspace_id=shop.workspace.pk)
    shop.handles_all()
    assert shop.said() == ["до", "раз"]
    assert shop.channel().hook_state["fetched"]["count"] == 1
    watchdog.watch(shop.made.pk, workspace_id=shop.workspace.pk)
    assert shop.channel().hook_state["fetched"]["count"] == 1, "and the page goes on telling it"


def test_what_cannot_be_fetched_is_tried_again_or_told(lab: Lab, asked: list[Channel], thief: str) -> None:
    shop = Shop(lab, "messenger")
    shop.bot.stolen_by(thief)
    shop.anna.writes("раз")
    eventually(lambda: not shop.waiting())
    shop.page("webhook/take-back/")
    lab.misbehaviour.set("server_error", bot=shop.bot.key, times=1, method="conversations")
    tasks.fetch_missed(shop.made.pk, workspace_id=shop.workspace.pk)
    assert "could not be fetched" in shop.page()
    watchdog.watch(shop.made.pk, workspace_id=shop.workspace.pk)
    assert "1 message that people wrote meanwhile was fetched" in shop.page()
    shop.bot.stolen_by(thief)
    eventually(lambda: not shop.waiting())
    shop.page("webhook/take-back/")
    shop.bot.rights = ["pages_manage_metadata"]
    tasks.fetch_missed(shop.made.pk, workspace_id=shop.workspace.pk)
    assert "missed_since" not in shop.channel().hook_state, "asking again would not help"
    assert "Look into the messenger itself" in shop.page()


@pytest.mark.parametrize(("age", "started"), [(timedelta(minutes=14), True), (timedelta(minutes=16), False)])
def test_nothing_begins_by_what_was_said_long_ago(lab: Lab, age: timedelta, started: bool) -> None:
    shop = Shop(lab, "vk")
    with tenant(shop.workspace):
        flow = a_flow(keyword("цена"), m=message("Сто"))
        body = _a_word("цена", timezone.now() - age)
        inbox.store_many(shop.channel(), [{**body, "fetched_back": True}])
    shop.handles_all()
    with tenant(shop.workspace):
        found = Message.objects.get(direction="in", content__text="цена")
        assert abs(timezone.now() - age - found.created_at) < timedelta(minutes=1), "it stands there at its own time"
        assert flow.runs.exists() is started


def _a_word(text: str, at: datetime) -> dict[str, Any]:
    said = {"id": 900, "date": int(at.astimezone(UTC).timestamp()), "from_id": 77, "peer_id": 77, "text": text}
    return {"type": "message_new", "event_id": "message:77:900", "object": {"message": said}}
