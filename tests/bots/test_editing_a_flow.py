"""The editor's pages and endpoints: who may, what is saved and published, and that nobody overwrites a colleague."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bots.models import Flow, FlowVersion, Run, Trigger
from builders import a_channel, a_client, a_member, a_workspace
from flow_people import Person, a_flow, choice, graph, keyword, message, welcome
from workspaces.models import AuditEntry, User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

pytestmark = pytest.mark.django_db


class Desk:
    """A workspace, a marketer in it, and his browser."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.marketer: User = a_member(workspace, Role.MARKETER)
        self.client: Client = a_client(self.marketer)

    def address(self, tail: str = "") -> str:
        return f"/w/{self.workspace.slug}/bots/{tail}"

    def flow(self, *triggers: dict[str, Any], published: bool = False, **nodes: dict[str, Any]) -> Flow:
        with tenant(self.workspace):
            return a_flow(*triggers, name="Menu", published=published, **(nodes or {"a": message("Hello")}))

    def ask(self, flow: Flow, what: str, body: dict[str, Any] | None = None, client: Client | None = None) -> Any:
        address = self.address(f"{flow.pk}/data/{what}")
        if body is None:
            return (client or self.client).get(address)
        return (client or self.client).post(address, body, content_type="application/json")

    def stored(self, flow: Flow) -> Flow:
        with tenant(self.workspace):
            return Flow.objects.select_related("published").get(pk=flow.pk)

    def actions(self) -> list[str]:
        with tenant(self.workspace):
            entries = AuditEntry.objects.filter(action__startswith="flow.")
            return list(entries.order_by("id").values_list("action", flat=True))


@pytest.fixture
def desk(workspace: Workspace) -> Desk:
    return Desk(workspace)


NEW_WORDS = graph(keyword("hi"), a=message("New words"))


def test_the_draft_is_saved_and_problems_are_told(desk: Desk) -> None:
    flow = desk.flow()
    answer = desk.ask(flow, "draft/", {"graph": graph(a=message("")), "revision": 1}).json()
    assert answer["flow"]["revision"] == 2
    assert [one["code"] for one in answer["problems"]] == ["no_trigger", "empty_message"]
    assert desk.stored(flow).draft["nodes"]["a"]["text"] == ""


def test_who_has_not_seen_the_newest_draft_overwrites_nothing(desk: Desk) -> None:
    flow = desk.flow()
    colleague = a_member(desk.workspace, Role.ADMIN)
    User.objects.filter(pk=colleague.pk).update(name="Ivan")
    desk.ask(flow, "draft/", {"graph": NEW_WORDS, "revision": 1}, a_client(colleague))
    refused = desk.ask(flow, "draft/", {"graph": graph(a=message("Mine")), "revision": 1})
    assert refused.status_code == 409
    assert (refused.json()["code"], refused.json()["flow"]["updatedBy"]) == ("conflict", "Ivan")
    assert desk.stored(flow).draft["nodes"]["a"]["text"] == "New words"
    copied = desk.ask(flow, "copy/", {"graph": graph(a=message("Mine"))})
    assert desk.client.get(copied.json()["url"]).status_code == 200


@pytest.mark.parametrize("what", ["publish/", "discard/"])
def test_nothing_is_published_or_discarded_that_one_has_not_seen(desk: Desk, what: str) -> None:
    flow = desk.flow(keyword("hi"), published=True)
    desk.ask(flow, "draft/", {"graph": NEW_WORDS, "revision": 1})
    assert desk.ask(flow, what, {"revision": 1}).json()["code"] == "conflict"
    assert desk.stored(flow).draft_revision == 2


def test_an_unfinished_flow_is_not_published(desk: Desk) -> None:
    flow = desk.flow(keyword("hi"), a=choice("", Go=None))
    refused = desk.ask(flow, "publish/", {"revision": 1})
    assert refused.status_code == 409
    assert [one["field"] for one in refused.json()["problems"]] == ["text", "buttons.bGo.target"]
    assert desk.stored(flow).published is None


def test_a_file_that_is_gone_stands_in_the_way(desk: Desk) -> None:
    lost = {"kind": "image", "media": 999_999, "name": "cat.png"}
    flow = desk.flow(keyword("hi"), a={**message("See"), "attachments": [lost]})
    assert [one["code"] for one in desk.ask(flow, "publish/", {"revision": 1}).json()["problems"]] == ["missing_file"]


def test_publishing_lays_the_triggers_anew_and_keeps_the_old_version(desk: Desk) -> None:
    flow = desk.flow(keyword("old"), published=True)
    desk.ask(flow, "draft/", {"graph": NEW_WORDS, "revision": 1})
    before = desk.ask(flow, "publish/").json()
    assert before["changes"] == {"added": 0, "removed": 0, "changed": 1, "triggers": 1}
    assert before["authors"] == [str(desk.marketer)]
    assert desk.ask(flow, "publish/", {"revision": 2}).json()["flow"]["state"] == "published"
    with tenant(desk.workspace):
        assert list(Trigger.objects.values_list("phrase", flat=True)) == ["hi"]
        assert list(FlowVersion.objects.order_by("number").values_list("number", flat=True)) == [1, 2]


def test_an_older_version_becomes_the_draft_again(desk: Desk) -> None:
    flow = desk.flow(keyword("old"), published=True)
    desk.ask(flow, "draft/", {"graph": NEW_WORDS, "revision": 1})
    desk.ask(flow, "publish/", {"revision": 2})
    assert [one["live"] for one in desk.ask(flow, "versions/").json()["versions"]] == [True, False]
    restored = desk.ask(flow, "restore/", {"number": 1, "revision": 2}).json()
    assert restored["graph"]["nodes"]["a"]["text"] == "Hello"
    assert restored["flow"]["state"] == "newer_draft"
    discarded = desk.ask(flow, "discard/", {"revision": 3}).json()
    assert discarded["graph"]["nodes"]["a"]["text"] == "New words"
    assert discarded["flow"]["state"] == "published"


def test_deleting_a_flow_with_people_inside_asks(desk: Desk) -> None:
    flow = desk.flow(welcome(), published=True, a=choice("Menu", Go="a"))
    with tenant(desk.workspace):
        Person(a_channel()).comes()
    refused = desk.ask(flow, "delete/", {})
    assert (refused.json()["code"], refused.json()["count"]) == ("people_inside", 1)
    assert desk.ask(flow, "delete/", {"lose_people": True}).status_code == 200
    with tenant(desk.workspace):
        assert not Flow.objects.exists()
        assert not Run.objects.exists()


def test_every_change_is_in_the_audit_log(desk: Desk) -> None:
    desk.client.post(desk.address("new/"), {"starter": "prize"})
    with tenant(desk.workspace):
        flow = Flow.objects.get()
    desk.ask(flow, "name/", {"name": "Draw"})
    desk.ask(flow, "draft/", {"graph": NEW_WORDS, "revision": 1})
    desk.ask(flow, "draft/", {"graph": graph(keyword("x"), a=message("More")), "revision": 2})
    desk.ask(flow, "publish/", {"revision": 3})
    desk.ask(flow, "active/", {"on": False, "stop_inside": True})
    desk.ask(flow, "active/", {"on": True})
    desk.ask(flow, "restore/", {"number": 1, "revision": 3})
    desk.client.post(desk.address(f"{flow.pk}/duplicate/"))
    desk.ask(flow, "delete/", {})
    assert desk.actions() == [
        "flow.created",
        "flow.renamed",
        "flow.published",
        "flow.switched_off",
        "flow.people_stopped",
        "flow.switched_on",
        "flow.edited",
        "flow.version_restored",
        "flow.created",
        "flow.duplicated",
        "flow.deleted",
    ]


def test_a_flow_needs_a_name(desk: Desk) -> None:
    refused = desk.ask(desk.flow(), "name/", {"name": "  "})
    assert refused.status_code == 400
    assert "name" in refused.json()["fields"]


@pytest.mark.parametrize(
    "body", [{}, {"graph": [], "revision": 1}, {"graph": {"nodes": {"a b": {"type": "message"}}}, "revision": 1}]
)
def test_a_body_that_is_no_draft_is_refused_in_words(desk: Desk, body: dict[str, Any]) -> None:
    refused = desk.ask(desk.flow(), "draft/", body)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    assert refused.json()["fields"]


def test_trying_a_draft_touches_nothing(desk: Desk) -> None:
    flow = desk.flow()
    tried = graph(keyword("prize"), a=choice("*Take part?*", Yes="b"), b=message("Done"))
    begun = desk.ask(flow, "try/", {"graph": tried, "event": {"type": "words", "text": "ПРИЗ"}}).json()
    assert begun["handled"] is False
    begun = desk.ask(flow, "try/", {"graph": tried, "event": {"type": "words", "text": "PRIZE!"}}).json()
    assert begun["said"][0]["spans"] == [{"text": "Take part?", "styles": ["bold"], "href": ""}]
    pressed = {"type": "button", "node": "a", "button": "bYes"}
    ended = desk.ask(flow, "try/", {"graph": tried, "state": begun["state"], "event": pressed}).json()
    assert (ended["path"], ended["state"]["status"]) == (["b"], "finished")
    assert desk.stored(flow).draft_revision == 1
    with tenant(desk.workspace):
        assert not Run.objects.exists()


def test_trying_a_circle_says_what_is_wrong(desk: Desk) -> None:
    looped = graph(a=message("Round", "b"), b=message("and round", "a"))
    tried = desk.ask(desk.flow(), "try/", {"graph": looped, "event": {"type": "start"}}).json()
    assert "circle" in tried["error"] or "кругу" in tried["error"]


def test_a_file_is_uploaded_and_a_program_is_refused(desk: Desk) -> None:
    picture = SimpleUploadedFile("notes.pdf", b"%PDF-1.4 hello")
    answer = desk.client.post(desk.address("files/"), {"file": picture})
    assert answer.status_code == 201
    assert answer.json()["attachment"]["content_type"] == "application/pdf"
    refused = desk.client.post(desk.address("files/"), {"file": SimpleUploadedFile("run.exe", b"MZ")})
    assert (refused.status_code, refused.json()["code"]) == (400, "file_refused")


def test_what_a_connected_messenger_would_change_is_told(desk: Desk) -> None:
    with tenant(desk.workspace):
        a_channel(name="Our site")
    long = graph(keyword("hi"), a=message("word " * 1500))
    warnings = desk.ask(desk.flow(), "draft/", {"graph": long, "revision": 1}).json()["warnings"]
    assert [(one["node"], one["channel"]) for one in warnings] == [("a", "Our site")]


@pytest.mark.parametrize(("language", "words"), [("en", "What starts it"), ("ru", "Что запускает")])
def test_the_list_tells_what_starts_a_flow_and_who_is_inside(desk: Desk, language: str, words: str) -> None:
    desk.flow(welcome(), keyword("prize", "gift"), published=True, a=choice("Menu", Go="a"))
    with tenant(desk.workspace):
        Person(a_channel()).comes()
    page = desk.client.get(desk.address(), headers={"accept-language": language}).content.decode()
    assert words in page
    assert "gift" in page


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("starter", ["welcome", "prize", "questions", "blank"])
def test_every_ready_flow_opens_in_both_languages(desk: Desk, starter: str, language: str) -> None:
    made = desk.client.post(desk.address("new/"), {"starter": starter}, headers={"accept-language": language})
    with tenant(desk.workspace):
        flow = Flow.objects.get()
    page = desk.client.get(made.headers["Location"], headers={"accept-language": language})
    assert page.status_code == 200
    if starter != "blank":
        assert desk.ask(flow, "publish/", {"revision": 1}).status_code == 200
        russian = any("а" <= sign <= "я" for sign in json.dumps(desk.stored(flow).draft, ensure_ascii=False))
        assert russian is (language == "ru")


def test_the_list_comes_in_pages_and_costs_the_same(desk: Desk, django_assert_max_num_queries: Any) -> None:
    with tenant(desk.workspace):
        for number in range(35):
            a_flow(keyword(f"word {number}"), name=f"Flow {number}", a=message("Hi"))
    with django_assert_max_num_queries(22):
        first = desk.client.get(desk.address()).content.decode()
    assert first.count("/duplicate/") == 30
    with tenant(desk.workspace):
        last = Flow.objects.order_by("-id")[29]
    rest = desk.client.get(desk.address(f"?after={last.pk}"), headers={"HX-Request": "true"}).content.decode()
    assert rest.count("/duplicate/") == 5
    found = desk.client.get(desk.address("?search=flow 34")).content.decode()
    assert found.count("/duplicate/") == 1


@pytest.mark.parametrize("role", [Role.AGENT, Role.ANALYST])
def test_who_may_not_edit_bots_sees_none(desk: Desk, role: Role) -> None:
    flow = desk.flow()
    client = a_client(a_member(desk.workspace, role))
    assert client.get(desk.address()).status_code == 403
    assert desk.ask(flow, "draft/", {"graph": NEW_WORDS, "revision": 1}, client).status_code == 403


def test_a_foreign_flow_is_not_found(desk: Desk) -> None:
    flow = desk.flow()
    other = Desk(a_workspace())
    assert other.client.get(other.address(f"{flow.pk}/")).status_code == 404
    refused = other.ask(flow, "draft/", {"graph": NEW_WORDS, "revision": 1})
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
