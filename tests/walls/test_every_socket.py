"""Every WebSocket, whoever connects, by the whole way from the cookie on; and what becomes of one that stays open."""

import re
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.layers import get_channel_layer
from django.conf import settings

from tests.walls.world import ANONYMOUS, MEMBERS, PEOPLE, World, build
from workspaces import tenant_consumer
from workspaces.addresses import socket_routes
from workspaces.checks import check_sockets
from workspaces.models import Membership, Workspace
from workspaces.roles import Role, may
from workspaces.scope import tenant
from workspaces.tenant_consumer import FORBIDDEN, NOT_FOUND, TenantConsumer, membership_group

# Sockets for people without an account. A new one is a decision.
PUBLIC_SOCKETS = {"VisitorConsumer"}

ROUTES = list(socket_routes())
TENANT_ROUTES = [(route, consumer) for route, consumer in ROUTES if issubclass(consumer, TenantConsumer)]
OURS = b"http://testserver"


@pytest.fixture
async def world(committed_db: None) -> World:
    return await sync_to_async(build)()


def test_every_socket_is_a_workspaces_or_known_to_be_public() -> None:
    assert check_sockets(None) == []
    assert {consumer.__name__ for _, consumer in ROUTES if (_, consumer) not in TENANT_ROUTES} == PUBLIC_SOCKETS


@pytest.mark.parametrize(("route", "consumer"), TENANT_ROUTES, ids=lambda one: getattr(one, "__name__", ""))
async def test_opens_to_members_with_the_permission_alone(
    route: str, consumer: type[TenantConsumer], world: World
) -> None:
    for person in PEOPLE:
        expected = NOT_FOUND if person not in MEMBERS else None if may(person, consumer.permission) else FORBIDDEN
        assert await closed_with(socket(world, person, route, world.own)) == expected, person
        if person in MEMBERS:
            assert await closed_with(socket(world, person, route, world.foreign)) == NOT_FOUND, person


@pytest.mark.parametrize(("route", "consumer"), TENANT_ROUTES, ids=lambda one: getattr(one, "__name__", ""))
async def test_closes_when_the_membership_changes(route: str, consumer: type[TenantConsumer], world: World) -> None:
    lost = next(role for role in Role if not may(role, consumer.permission))
    first, second = [name for name in MEMBERS if may(name, consumer.permission)][-2:]
    for person, change, code in (
        (first, lambda row: _give(row, lost), FORBIDDEN),
        (second, lambda row: row.delete(), NOT_FOUND),
    ):
        opened = await opened_socket(world, person, route)
        await sync_to_async(_change)(world, person, change)
        assert await next_close(opened) == code


@pytest.mark.parametrize(("route", "consumer"), TENANT_ROUTES, ids=lambda one: getattr(one, "__name__", ""))
async def test_looks_again_by_itself_when_the_hint_was_lost(
    route: str, consumer: type[TenantConsumer], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = next(name for name in MEMBERS if may(name, consumer.permission))
    opened = await opened_socket(world, person, route)
    await sync_to_async(_forget)(world, person)
    monkeypatch.setattr(tenant_consumer, "_TRUST", 0.0)
    group = membership_group(world.own.pk, world.people[person].pk)
    await get_channel_layer().group_send(group, {"type": "websocket_like.event"})
    assert await next_close(opened) == NOT_FOUND


@pytest.mark.parametrize(("route", "consumer"), TENANT_ROUTES, ids=lambda one: getattr(one, "__name__", ""))
async def test_a_foreign_site_cannot_open_it_with_a_members_cookie(
    route: str, consumer: type[TenantConsumer], world: World
) -> None:
    for origin in (b"https://elsewhere.example", b"null", b"http://testserver.elsewhere.example"):
        assert await closed_with(socket(world, "owner", route, world.own, origin)) == NOT_FOUND
    assert await closed_with(socket(world, "owner", route, world.own, OURS)) is None


def socket(
    world: World, person: str, route: str, workspace: Workspace, origin: bytes | None = OURS
) -> ApplicationCommunicator:
    from config.asgi import application

    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(world.value(found[1], workspace)), route)
    headers = [(b"origin", origin)] if origin else []
    if person != ANONYMOUS:
        cookie = f"{settings.SESSION_COOKIE_NAME}={world.sessions[person]}"
        headers.append((b"cookie", cookie.encode()))
    return ApplicationCommunicator(
        application,
        {"type": "websocket", "path": f"/{path}", "query_string": b"", "headers": headers, "subprotocols": []},
    )


async def closed_with(connection: ApplicationCommunicator) -> int | None:
    """Connect, leave, and return the code with which the socket was closed from inside, if it was."""
    await connection.send_input({"type": "websocket.connect"})
    await connection.send_input({"type": "websocket.disconnect", "code": 1000})
    await connection.wait(timeout=20)
    said = []
    while not connection.output_queue.empty():
        said.append(connection.output_queue.get_nowait())
    assert said[0]["type"] == "websocket.accept"
    return next((message["code"] for message in said if message["type"] == "websocket.close"), None)


async def opened_socket(world: World, person: str, route: str) -> ApplicationCommunicator:
    connection = socket(world, person, route, world.own)
    await connection.send_input({"type": "websocket.connect"})
    assert (await connection.receive_output(timeout=20))["type"] == "websocket.accept"
    return connection


async def next_close(connection: ApplicationCommunicator) -> int:
    while (said := await connection.receive_output(timeout=20))["type"] != "websocket.close":
        pass
    await connection.send_input({"type": "websocket.disconnect", "code": said["code"]})
    await connection.wait(timeout=20)
    return int(said["code"])


def _change(world: World, person: str, change: Any) -> None:
    with tenant(world.own):
        change(Membership.objects.get(user=world.people[person]))


def _give(membership: Membership, role: Role) -> None:
    membership.role = role
    membership.save()


def _forget(world: World, person: str) -> None:
    with tenant(world.own):
        Membership.objects.filter(user=world.people[person])._raw_delete("default")  # says nothing to anybody
