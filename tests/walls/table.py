"""The table: every page, asked by everybody, with own and with foreign objects, against what the page declares."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.walls.world import ANONYMOUS, MARK, MEMBERS, PEOPLE, STAFF, World, is_object
from workspaces.access import PUBLIC, SIGNED_IN
from workspaces.addresses import Address
from workspaces.models import Workspace
from workspaces.roles import Permission, may

METHODS = ("get", "post")
OPEN, SIGN_IN = "open", "sign in"


@dataclass(frozen=True)
class Answer:
    """What came back, as far as the walls care."""

    status: int
    location: str = ""
    body: str = ""
    error: str = ""

    @property
    def asks_to_sign_in(self) -> bool:
        return self.status == 401 or self.location.startswith(reverse(settings.LOGIN_URL))


def faults(page: Address, world: World) -> list[str]:
    """Return everything about the page that is not as it declares."""
    taken: set[str] = set()
    return [*_own(page, world, taken), *_foreign(page, world, taken)]


def _own(page: Address, world: World, taken: set[str]) -> Iterator[str]:
    """Everybody asks for the page with the objects of its own workspace; note the methods that the page takes."""
    address = _address(page, world, world.own)
    for person in PEOPLE:
        expected = _expected(page, person)
        answers = {method: ask(world, person, method, address) for method in METHODS}
        for method, answer in answers.items():
            said = f"{person} {method} {address}"
            if expected == OPEN and answer.status != 405:
                taken.add(method)
            if answer.error:
                yield f"{said}: {answer.error}"
            elif not _fits(page, answer, expected):
                yield f"{said}: {answer.status} {answer.location}, expected: {expected}"
            if MARK in answer.body and person in MEMBERS:
                yield f"{said}: shows something of the foreign workspace"
        if expected != OPEN and all(answer.status == 405 for answer in answers.values()):
            yield f"{person} {address}: neither GET nor POST reached the door"


def _foreign(page: Address, world: World, methods: set[str]) -> Iterator[str]:
    """Members ask for the foreign workspace, and in their own for each foreign object."""
    if not page.is_in_workspace:
        return
    addresses = [_address(page, world, world.foreign)]
    addresses += [_address(page, world, world.own, foreign=name) for name in page.parameters if is_object(name)]
    for address in addresses:
        for person in MEMBERS:
            for method in sorted(methods):
                answer = ask(world, person, method, address)
                said = f"{person} {method} foreign {address}"
                if answer.error:
                    yield f"{said}: {answer.error}"
                elif answer.status not in _hidden(page, person, in_own=address != addresses[0]):
                    yield f"{said}: {answer.status}, expected: 404"
                if MARK in answer.body:
                    yield f"{said}: shows something of the foreign workspace"


def _hidden(page: Address, person: str, *, in_own: bool) -> set[int]:
    """Return the answers by which nobody learns that there is such a thing."""
    refused = in_own and isinstance(page.access, Permission) and not may(person, page.access)
    return {403, 405} if refused else {404, 405}


def _expected(page: Address, person: str) -> str | int:
    if page.access == PUBLIC:
        return OPEN
    if person == ANONYMOUS:
        return SIGN_IN
    if page.access == SIGNED_IN:
        return OPEN
    if not isinstance(page.access, Permission):
        return OPEN if person == STAFF else 404
    if person not in MEMBERS:
        return 404
    return OPEN if may(person, page.access) else 403


def _fits(page: Address, answer: Answer, expected: str | int) -> bool:
    if answer.status == 405:
        return True
    if expected == SIGN_IN:
        return answer.asks_to_sign_in
    if expected != OPEN:
        return answer.status == expected
    closed = {401, 403, 404} if page.is_in_workspace else {401}
    return (
        answer.status < 500 and answer.status not in closed and not (answer.asks_to_sign_in and page.access != PUBLIC)
    )


def _address(page: Address, world: World, workspace: Workspace, *, foreign: str = "") -> str:
    values = {name: world.value(name, world.foreign if name == foreign else workspace) for name in page.parameters}
    return reverse(page.name, kwargs=values)


@cache
def _browser() -> Client:
    return Client()  # making one loads every middleware


def ask(world: World, person: str, method: str, address: str) -> Answer:
    """Send one naked request, and undo what it did."""
    client = _browser()
    client.cookies.clear()
    if person != ANONYMOUS:
        client.cookies[settings.SESSION_COOKIE_NAME] = world.sessions[person]
    with transaction.atomic():
        try:
            response: Any = getattr(client, method)(address)
            body = "" if response.streaming else response.content.decode(errors="replace")
            return Answer(response.status_code, response.headers.get("Location", ""), body)
        except Exception as error:  # whatever a page raises is a fault of that page
            return Answer(500, error=repr(error))
        finally:
            transaction.set_rollback(True)
