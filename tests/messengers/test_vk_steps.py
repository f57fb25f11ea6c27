"""What VK is asked beside a single message: many in one call, events by the Long Poll, the address and its check."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from messenger_tables.vk import (
    CARDS,
    GROUP,
    HELLO,
    IMAGE,
    PHOTO,
    TABLES,
    TOKEN,
    attached,
    calls,
    out,
    puts,
    refused,
    told,
    took,
)
from messengers import registry
from messengers.adapter import (
    ChannelBroken,
    ChannelFacts,
    HookExpected,
    HookState,
    HttpCall,
    IncomingRequest,
    Outcome,
    RefusedError,
    Rejected,
    Reply,
    RetryAt,
    Sent,
    Steps,
    Unreachable,
)
from messengers.adapters.vk.account import secret
from messengers.adapters.vk.sending import TOGETHER
from messengers.adapters.vk.writing import random_id
from messengers.content import Content
from messengers.updates import MemberWrote, MessageReceived

VK = registry.messenger("vk")
URL = "https://kaskad.example/hooks/vk/key"
FACTS = ChannelFacts("key", TABLES.settings, TABLES.secrets, URL, account=str(GROUP))
NEW = ChannelFacts("key", {}, TABLES.secrets, URL)
FETCHING = ChannelFacts("key", {}, TABLES.secrets, polls=True, account=str(GROUP))


def run(steps: Steps[Any], *replies: Reply) -> tuple[list[Any], Any]:
    """Answer the steps' calls; return the calls and the result."""
    made, left = [], iter(replies)
    try:
        call = next(steps)
        while True:
            made.append(call)
            call = steps.send(Reply(200) if isinstance(call, HookExpected) else next(left))
    except StopIteration as end:
        return made, end.value


def method(call: HttpCall) -> str:
    return call.url.rpartition("/")[2]


# ---- many in one call

THREE = [out(HELLO, key=f"{number}-0", to=str(700 + number)) for number in (1, 2, 3)]


def outcomes(reply: Reply, *more: Reply) -> tuple[list[Any], list[Outcome]]:
    return run(VK.send_many(FACTS, THREE), reply, *more)


def test_each_message_of_a_call_keeps_its_own_number_and_gets_its_own_outcome() -> None:
    errors = [{"method": "messages.send", "error_code": 901, "error_msg": "Can't send messages"}]
    (call,), came = outcomes(took([801, False, 803], execute_errors=errors))
    numbers = [random_id("key", f"{number}-0") for number in (1, 2, 3)]
    said = [{"peer_id": str(700 + n), "random_id": str(numbers[n - 1]), "message": "Привет"} for n in (1, 2, 3)]
    sends = ",".join(f"API.messages.send({json.dumps(one, ensure_ascii=False)})" for one in said)
    assert call.form["code"] == f"return [{sends}];"
    assert came == [Sent("801"), Unreachable("not_allowed", blocked=True), Sent("803")]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (refused(6), RetryAt(1, "too_many_requests", whole_channel=True)),
        (refused(5), ChannelBroken("token_revoked")),
        (refused(10), RetryAt(2, "internal_error")),
        (Reply(502, b"<html>"), RetryAt(2, "status_502")),
        (Reply(0, written=True, fault="cut"), RetryAt(2, "cut")),
        (took("?"), RetryAt(2, "unreadable_answer")),
        (took([0, 0, 0]), RetryAt(2, "unreadable_answer")),
    ],
)
def test_what_befalls_the_call_befalls_all(reply: Reply, outcome: Outcome) -> None:
    assert outcomes(reply)[1] == [outcome] * 3


def test_a_script_that_vk_does_not_like_is_sent_piece_by_piece() -> None:
    made, came = outcomes(refused(12, "Unable to compile code"), took(1), refused(902), took(3))
    assert [method(call) for call in made] == ["execute", *["messages.send"] * 3]
    assert came == [Sent("1"), Unreachable("privacy", blocked=True), Sent("3")]


def test_a_file_that_vk_has_lost_goes_up_again_for_whom_it_failed() -> None:
    message = out(Content(attachments=[attached(IMAGE)]), file_ids={7: "photo-1_1"})
    errors = [{"method": "messages.send", "error_code": 100, "error_msg": "One of the parameters"}]
    up = [took({"upload_url": "https://pu.vk.com/p"}), told(server=1, photo="[1]", hash="h")]
    saved = took([{"id": 45, "owner_id": -GROUP, "access_key": "acc"}])
    made, came = run(VK.send_many(FACTS, [message]), took([False], execute_errors=errors), *up, saved, took(801))
    assert made[2] == puts("https://pu.vk.com/p", "photo")
    assert came == [Sent("801", {7: PHOTO})]


def test_what_is_long_or_must_go_up_first_leaves_by_itself() -> None:
    picture = Content(attachments=[attached(IMAGE)])
    alone = [out(Content.plain("Д" * 3000)), out(picture), out(Content(cards=CARDS[:1]), file_ids={7: PHOTO})]
    assert [VK.together(FACTS, message) for message in alone] == [None] * 3
    assert VK.together(FACTS, out(picture, file_ids={7: PHOTO})) == VK.together(FACTS, out(HELLO)) is not None
    assert VK.capabilities.batch == TOGETHER == 25


def test_numbers_differ_by_message_part_and_channel() -> None:
    numbers = {random_id(channel, f"{n}-{part}") for channel in "ab" for n in range(200) for part in (0, 1)}
    assert len(numbers) == 800
    assert all(-(2**31) <= number < 2**31 and number for number in numbers)


# ---- changing and taking back


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (took(1), Sent("801")),
        (refused(909), Rejected("too_old")),
        (Reply(0, written=True, fault="cut"), RetryAt(2, "cut")),
    ],
)
def test_a_message_is_changed(reply: Reply, outcome: Outcome) -> None:
    made, came = run(VK.edit(FACTS, out(HELLO), "801"), reply)
    assert made == [calls("messages.edit", message_id="801", peer_id="777", message="Привет")]
    assert came == outcome


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (took([{"peer_id": 777, "message_id": 801, "response": 1}]), Sent("801")),
        (took({"801": 1}), Sent("801")),
        (took([{"message_id": 801, "error": {"code": 924, "description": "Can't"}}]), Rejected("too_old")),
        (refused(924), Rejected("too_old")),
    ],
)
def test_a_message_is_taken_back(reply: Reply, outcome: Outcome) -> None:
    made, came = run(VK.delete(FACTS, "777", "801"), reply)
    assert made == [calls("messages.delete", peer_id="777", message_ids="801", delete_for_all="1")]
    assert came == outcome


def test_what_vk_never_named_cannot_be_changed() -> None:
    assert run(VK.edit(FACTS, out(HELLO), ""))[1] == run(VK.delete(FACTS, "777", ""))[1] == Rejected("unknown_message")


# ---- the account

GROUPS = took({"groups": [{"id": GROUP, "name": "Shop", "screen_name": "shop", "photo_200": "https://sun9/g.jpg"}]})


def rights(*names: str) -> Reply:
    return took({"mask": 1, "permissions": [{"name": name, "setting": 1} for name in names]})


ALL = rights("messages", "manage", "photos", "docs", "wall")


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ([refused(5)], "wrong_token"),
        ([refused(100)], "not_a_community"),
        ([took({"groups": []})], "not_a_community"),
        ([GROUPS, refused(27)], "not_a_community"),
        ([GROUPS, rights("messages", "photos", "docs")], "no_right_manage"),
        ([GROUPS, rights("photos", "manage", "docs")], "no_right_messages"),
        ([GROUPS, rights("messages", "manage", "docs")], "no_right_photos"),
        ([Reply(0)], "no_answer"),
        ([Reply(502, b"<html>")], "no_answer"),
        ([took("?")], "no_answer"),
        ([refused(6)], "too_many_requests"),
        ([GROUPS, ALL, refused(912)], "bot_features_off"),
        (
            [GROUPS, ALL, took(1), servers := took({"items": []}), took({"code": "c"}), refused(2000)],
            "too_many_servers",
        ),
        ([GROUPS, ALL, took(1), servers, took({"code": "c"}), refused(100)], "hook_refused"),
    ],
)
def test_why_a_token_is_refused(replies: list[Reply], reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        run(VK.connect(NEW), *replies)


def server(status: str, url: str = URL) -> Reply:
    return took({"count": 1, "items": [{"id": 3, "url": url, "status": status, "title": "Kaskad", "secret_key": "s"}]})


def test_our_address_is_added_after_the_door_knows_the_code() -> None:
    code, added = took({"code": "c0de"}), took({"server_id": 3})
    replies = [GROUPS, ALL, took(1), server("ok", "https://other"), code, added, took(1), server("wait"), server("ok")]
    made, connected = run(VK.connect(NEW), *replies)
    expected = made[5]
    assert isinstance(expected, HookExpected)
    check = IncomingRequest("POST", {}, {}, json.dumps({"type": "confirmation", "group_id": GROUP}).encode())
    assert VK.handshake(expected.channel, check) == (200, b"c0de", "text/plain")
    assert method(made[6]) == "groups.addCallbackServer"
    assert (made[6].form["url"], made[6].form["secret_key"]) == (URL, secret(NEW))
    assert made[7].form["message_event"] == "1"
    assert (connected.account, connected.facts["confirmation_code"]) == (str(GROUP), "c0de")


def test_our_address_is_used_again_where_it_is_there() -> None:
    replies = [GROUPS, ALL, took(1), server("failed"), took({"code": "c0de"}), took(1), took(1), server("ok")]
    made, _connected = run(VK.connect(NEW), *replies)
    assert method(made[6]) == "groups.editCallbackServer"
    assert made[6].form["server_id"] == "3"


def test_an_address_that_vk_could_not_check_is_taken_down_again() -> None:
    replies = [GROUPS, ALL, took(1), took({"items": []}), took({"code": "c0de"}), took({"server_id": 3}), took(1)]
    with pytest.raises(ValueError, match="hook_refused"):
        run(VK.connect(NEW), *replies, server("failed"), took(1))


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (server("ok"), HookState(URL, True)),
        (server("failed"), HookState("", False, last_error="failed")),
        (server("ok", "https://other"), HookState("", False)),
    ],
)
def test_whether_events_come_to_us(reply: Reply, state: HookState) -> None:
    assert run(VK.hook(FACTS), reply)[1] == state


# ---- events

PLACE = took({"server": "https://lp.vk.com/wh1", "key": "k", "ts": "7"})
NEWS = [{"type": "message_new", "event_id": "e1", "object": {}}]


def cursor(ts: str, key: str = "k") -> str:
    return json.dumps({"server": "https://lp.vk.com/wh1", "key": key, "ts": ts})


@pytest.mark.parametrize(
    ("before", "replies", "bodies", "after"),
    [
        ("", [PLACE], [], cursor("7")),
        (cursor("7"), [told(ts="8", updates=NEWS)], NEWS, cursor("8")),
        (cursor("7"), [told(ts=8, updates=[])], [], cursor("8")),
        (cursor("7"), [told(failed=1, ts=30)], [], cursor("30")),
        (cursor("7", "old"), [told(failed=2), PLACE, told(ts="9", updates=NEWS)], NEWS, cursor("9")),
        (cursor("1", "old"), [told(failed=3), PLACE, told(ts="8", updates=[])], [], cursor("8")),
        (cursor("1", "old"), [Reply(0), PLACE, told(ts="8", updates=[])], [], cursor("8")),
        ("nonsense", [PLACE], [], cursor("7")),
    ],
)
def test_events_are_fetched(before: str, replies: list[Reply], bodies: list[Any], after: str) -> None:
    _made, news = run(VK.poll(FETCHING, before, 25), *replies)
    assert (list(news.bodies), news.cursor) == (bodies, after)


def test_a_new_key_goes_on_where_the_old_one_was_and_a_lost_place_does_not() -> None:
    made, _news = run(VK.poll(FETCHING, cursor("3", "old"), 25), told(failed=2), PLACE, told(ts="4"))
    assert made[2].url == "https://lp.vk.com/wh1?act=a_check&key=k&ts=3&wait=25"
    made, _news = run(VK.poll(FETCHING, cursor("3", "old"), 25), told(failed=3), PLACE, told(ts="8"))
    assert made[2].url == "https://lp.vk.com/wh1?act=a_check&key=k&ts=7&wait=25"


@pytest.mark.parametrize(
    ("before", "replies", "reason"),
    [
        ("", [refused(5)], "wrong_token"),
        ("", [refused(100, "One of the parameters: longpoll for this group is not enabled")], "long_poll_off"),
        (cursor("7"), [Reply(502, b"<html>"), PLACE, Reply(502, b"<html>"), PLACE], "no_answer"),
    ],
)
def test_why_events_cannot_be_fetched(before: str, replies: list[Reply], reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        run(VK.poll(FETCHING, before, 25), *replies)


def request(**body: Any) -> IncomingRequest:
    return IncomingRequest("POST", {}, {}, json.dumps(body).encode())


def test_only_who_knows_the_word_is_vk() -> None:
    VK.verify(FACTS, request(type="message_new", secret=secret(FACTS)))
    for wrong in ({"secret": "no"}, {"secret": 1}, {}, {"secret": "\ud800"}):
        with pytest.raises(RefusedError):
            VK.verify(FACTS, request(type="message_new", **wrong))
    assert VK.acknowledge(FACTS, request(type="message_new")) == (200, b"ok", "text/plain")
    assert len(secret(FACTS)) == 50


def test_another_communitys_check_is_refused() -> None:
    assert VK.handshake(FACTS, request(type="message_new", text='"confirmation"')) is None
    for other in (GROUP + 1, None, True):
        with pytest.raises(RefusedError):
            VK.handshake(FACTS, request(type="confirmation", group_id=other))


# ---- people and files


def test_who_a_person_is() -> None:
    person = {
        "first_name": "Анна",
        "last_name": "Б",
        "sex": 1,
        "bdate": "1.2.1990",
        "city": {"id": 1, "title": "Москва"},
    }
    more = {"relation": 4, "domain": "anna", "photo_200": "https://sun9/a.jpg", "country": {"title": "Россия"}}
    _made, profile = run(VK.profile(FACTS, "777"), took([person | more]))
    assert (profile.name, profile.picture.ref) == ("Анна Б", "https://sun9/a.jpg")
    known = {"username": "anna", "sex": "female", "birthdate": "1.2.1990", "relation": "married"}
    assert profile.extra == known | {"city": "Москва", "country": "Россия"}
    assert run(VK.profile(FACTS, "777"), took([]))[1] is None


def test_a_document_lies_behind_its_address_and_nothing_leads_into_the_house() -> None:
    doc = "https://vk.com/doc777_2?hash=h"
    moved = Reply(302, headers={"Location": "https://psv4.userapi.com/a.pdf"})
    assert run(VK.locate(FACTS, doc), moved)[1] == HttpCall("GET", "https://psv4.userapi.com/a.pdf", timeout=60)
    assert run(VK.locate(FACTS, "https://sun9/a.jpg"))[1] == HttpCall("GET", "https://sun9/a.jpg", timeout=60)
    for bad in (Reply(302, headers={"location": "http://127.0.0.1/secret"}),):
        with pytest.raises(ValueError, match="file_gone"):
            run(VK.locate(FACTS, doc), bad)
    with pytest.raises(ValueError, match="file_gone"):
        run(VK.locate(FACTS, "http://10.0.0.1/a.jpg"))


def test_a_link_brings_its_word() -> None:
    assert VK.deep_link(FACTS, "a b") == "https://vk.me/shop?ref=a%20b"
    assert VK.deep_link(NEW, "a") is None
    assert TOKEN not in repr(VK.deep_link(FACTS, ""))


# ---- what nobody told us

MONDAY = datetime(2026, 5, 4, 12, tzinfo=UTC)


def standing(number: int, minutes: float, person: int = 77, text: str = "Цена?", **more: Any) -> dict[str, Any]:
    at = int((MONDAY + timedelta(minutes=minutes)).timestamp())
    return {"id": number, "date": at, "from_id": person, "peer_id": person, "text": text, **more}


def the_talks(*people: tuple[int, float]) -> Reply:
    last = [int((MONDAY + timedelta(minutes=minutes)).timestamp()) for _person, minutes in people]
    items = [
        {"conversation": {"peer": {"id": person}}, "last_message": {"date": at}}
        for (person, _), at in zip(people, last, strict=True)
    ]
    return took({"count": len(items), "items": items})


def test_what_was_missed_is_read_in_the_talks_and_told_as_events_in_order() -> None:
    ours = standing(903, 4, from_id=-GROUP, text="Сто")
    typed = standing(904, 5, from_id=-GROUP, text="Двести", admin_author_id=5)
    told = took(
        [{"items": [typed, ours, standing(902, 3), standing(900, -1)]}, {"items": [standing(901, 2, 78)]}, False]
    )
    talks = the_talks((77, 5), (78, 2), (79, 2), (2_000_000_001, 2), (-5, 2), (80, -9))
    (listed, read), bodies = run(VK.missed(FACTS, MONDAY), talks, told)
    assert (method(listed), listed.form["count"], method(read)) == ("messages.getConversations", "200", "execute")
    asked = ",".join(f'API.messages.getHistory({{"peer_id": {peer}, "count": 50}})' for peer in (77, 78, 79))
    assert read.form["code"] == f"return [{asked}];"
    heard = [one for body in bodies for one in VK.parse(FACTS, body)]
    assert [(one.external_id, one.sender.external_id) for one in heard] == [("901", "78"), ("902", "77"), ("904", "77")]
    assert [type(one) for one in heard] == [MessageReceived, MessageReceived, MemberWrote]
    assert [VK.update_id(body) for body in bodies] == ["message:78:901", "message:77:902", "message:77:904"]
    assert [VK.sender_key(body) for body in bodies] == ["78", "77", "77"]


def test_of_what_was_missed_no_more_than_a_thousand_talks_are_read() -> None:
    pages = [the_talks(*((number, 1) for number in range(at, at + 200))) for at in range(1, 1001, 200)]
    histories = [took([{"items": []}] * 25)] * 40
    made, bodies = run(VK.missed(FACTS, MONDAY), *pages, *histories)
    assert [call.form["offset"] for call in made[:5]] == ["0", "200", "400", "600", "800"]
    assert (len(made), bodies) == (45, [])


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ([refused(6)], "too_many_requests"),
        ([refused(15)], "access_denied"),
        ([took({"items": [{}]})], "no_answer"),
        ([the_talks((77, 1)), took("?")], "no_answer"),
        ([the_talks((77, 1)), took([{"items": [{"id": "?"}]}])], "no_answer"),
        ([the_talks((77, 1)), Reply(0, fault="cut")], "no_answer"),
    ],
)
def test_why_what_was_missed_is_not_told(replies: list[Reply], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        run(VK.missed(FACTS, MONDAY), *replies)
