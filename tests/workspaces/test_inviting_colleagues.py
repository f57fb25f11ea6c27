"""Invitations: made by a member, accepted by somebody with or without an account, or no longer good."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from tests.builders import PASSWORD, a_client, a_member, a_user, a_workspace
from tests.letters import link
from workspaces.models import Invitation, Membership, User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return a_user(name="Olga", language="en")


@pytest.fixture
def workspace(owner: User) -> Workspace:
    return a_workspace(owner, name="Tea", language="en")


def invite(workspace: Workspace, by: User, email: str = "", role: str = Role.AGENT) -> str:
    """Invite as a member does; return what the page says then."""
    address = f"/w/{workspace.slug}/settings/invitations/new/"
    return a_client(by).post(address, {"email": email, "role": role}, follow=True).content.decode()


def link_on(page: str) -> str:
    found = re.search(r"http://testserver(/invitations/[\w-]+/)", page)
    assert found
    return found[1]


def role_of(workspace: Workspace, user: User) -> str | None:
    with tenant(workspace):
        return Membership.objects.filter(user=user).values_list("role", flat=True).first()


def a_visitor() -> Client:
    return Client(HTTP_ACCEPT_LANGUAGE="en")


def test_a_link_is_shown_once_and_makes_one_person_a_member(workspace: Workspace, owner: User) -> None:
    address = link_on(invite(workspace, owner))
    assert "/invitations/" not in re.sub(
        "settings/invitations/", "", a_client(owner).get(f"/w/{workspace.slug}/settings/members/").content.decode()
    )
    with tenant(workspace):
        assert address.split("/")[2] not in Invitation.objects.get().token_hash

    guest, late = a_user(language="en"), a_user(language="en")
    assert f"You will join as <b>{guest.email}</b>" in a_client(guest).get(address).content.decode()
    assert a_client(guest).post(address, {"way": "accept"})["Location"] == f"/w/{workspace.slug}/"
    assert role_of(workspace, guest) == Role.AGENT

    closed = a_client(late).post(address, {"way": "accept"})
    assert closed.status_code == 410
    assert "accepted already" in closed.content.decode()
    assert role_of(workspace, late) is None


def test_an_invited_newcomer_signs_up_and_is_in_without_another_letter(workspace: Workspace, owner: User) -> None:
    invite(workspace, owner, "Igor@example.com", Role.MARKETER)
    assert mail.outbox[0].subject == "Olga invites you to “Tea”"
    visitor = a_visitor()
    assert "Sign up and accept" in visitor.get(link()).content.decode()

    form = visitor.post(link(), {"way": "sign_up"})["Location"]
    assert 'value="igor@example.com"' in visitor.get(form).content.decode()
    new = {"name": "Igor", "email": "igor@example.com", "password1": PASSWORD, "next": link()}
    landed = visitor.post("/accounts/signup/", new, follow=True)

    assert landed.redirect_chain[-1][0] == f"/w/{workspace.slug}/"
    assert role_of(workspace, User.objects.get(email="igor@example.com")) == Role.MARKETER
    assert len(mail.outbox) == 1


def test_with_a_link_the_newcomer_confirms_the_address_first(workspace: Workspace, owner: User) -> None:
    address = link_on(invite(workspace, owner))
    visitor = a_visitor()
    visitor.post(address, {"way": "sign_up"})
    new = {"name": "Igor", "email": "igor@example.com", "password1": PASSWORD, "next": address}
    visitor.post("/accounts/signup/", new)
    assert role_of(workspace, User.objects.get(email="igor@example.com")) is None

    landed = visitor.post(link(), follow=True)
    assert landed.redirect_chain[-1][0] == f"/w/{workspace.slug}/"
    assert role_of(workspace, User.objects.get(email="igor@example.com")) == Role.AGENT


def test_an_invitation_confirms_only_the_address_it_went_to(workspace: Workspace, owner: User) -> None:
    invite(workspace, owner, "igor@example.com")
    visitor, address = a_visitor(), link()
    visitor.post(address, {"way": "sign_up"})
    new = {"name": "Igor", "email": "boss@example.com", "password1": PASSWORD, "next": address}
    assert visitor.post("/accounts/signup/", new)["Location"] == "/accounts/confirm-email/"
    assert mail.outbox[-1].to == ["boss@example.com"]


def test_whoever_has_an_account_logs_in_and_is_in(workspace: Workspace, owner: User) -> None:
    guest = a_user()
    address = link_on(invite(workspace, owner))
    visitor = a_visitor()
    visitor.post(address, {"way": "log_in"})
    form = {"login": guest.email, "password": PASSWORD, "next": address}
    landed = visitor.post("/accounts/login/", form, follow=True)
    assert landed.redirect_chain[-1][0] == f"/w/{workspace.slug}/"
    assert role_of(workspace, guest) == Role.AGENT


def test_another_account_than_the_invited_is_named_before_it_joins(workspace: Workspace, owner: User) -> None:
    guest = a_user("second@example.com", language="en")
    invite(workspace, owner, "first@example.com")
    page = a_client(guest).get(link()).content.decode()
    assert "sent to first@example.com, and you are logged in as second@example.com" in page
    a_client(guest).post(link(), {"way": "accept"})
    assert role_of(workspace, guest) == Role.AGENT


def test_a_closed_installation_lets_the_invited_in(workspace: Workspace, owner: User, settings: Any) -> None:
    settings.SIGN_UP = "invitation"
    address = link_on(invite(workspace, owner))
    visitor = a_visitor()
    visitor.post(address, {"way": "sign_up"})
    assert 'name="password1"' in visitor.get("/accounts/signup/").content.decode()


def test_an_invitation_ends_after_a_week(workspace: Workspace, owner: User) -> None:
    address = link_on(invite(workspace, owner))
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        answer = a_visitor().get(address)
    assert answer.status_code == 410
    assert "It worked until" in answer.content.decode()


def test_a_revoked_invitation_says_so(workspace: Workspace, owner: User) -> None:
    address = link_on(invite(workspace, owner))
    with tenant(workspace):
        pk = Invitation.objects.get().pk
    a_client(owner).post(f"/w/{workspace.slug}/settings/invitations/{pk}/revoke/")
    assert "has revoked it" in a_visitor().get(address).content.decode()


def test_a_letter_sent_again_replaces_the_link(workspace: Workspace, owner: User) -> None:
    invite(workspace, owner, "igor@example.com")
    first = link()
    with tenant(workspace):
        pk = Invitation.objects.get().pk
    renew = f"/w/{workspace.slug}/settings/invitations/{pk}/renew/"
    assert "Wait a minute" in a_client(owner).post(renew, follow=True).content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        a_client(owner).post(renew)
    assert len(mail.outbox) == 2
    assert "newer link has replaced it" in a_visitor().get(first).content.decode()
    assert a_visitor().get(link()).status_code == 200


def test_without_the_letter_there_is_no_invitation(workspace: Workspace, owner: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    page = invite(workspace, owner, "igor@example.com")
    assert "Nobody was invited" in page
    assert 'value="igor@example.com"' in page
    with tenant(workspace):
        assert not Invitation.objects.exists()


def test_a_member_is_not_invited_again(workspace: Workspace, owner: User) -> None:
    colleague = a_member(workspace, Role.AGENT)
    assert "a member already" in invite(workspace, owner, colleague.email)
    invite(workspace, owner, "igor@example.com")
    assert "open invitation already" in invite(workspace, owner, "igor@example.com")


def test_an_administrator_cannot_invite_an_owner(workspace: Workspace) -> None:
    admin = a_member(workspace, Role.ADMIN, a_user(language="en"))
    invite(workspace, admin, "igor@example.com", Role.OWNER)
    with tenant(workspace):
        assert not Invitation.objects.exists()
    assert not mail.outbox


def test_the_letter_is_in_the_language_of_its_reader(workspace: Workspace, owner: User) -> None:
    a_user("igor@example.com", language="ru")
    invite(workspace, owner, "igor@example.com")
    assert mail.outbox[0].subject == "Olga приглашает вас в рабочее пространство Tea"


def test_who_was_removed_does_not_come_back_by_a_link_of_his_own(workspace: Workspace, owner: User) -> None:
    admin = a_member(workspace, Role.ADMIN, a_user(language="en"))
    address = link_on(invite(workspace, admin))
    with tenant(workspace):
        Membership.objects.get(user=admin).delete()

    page = a_client(admin).get(address).content.decode()
    a_client(admin).post(address)

    assert "Ask for a new one" in page
    assert role_of(workspace, admin) is None
