"""Signing up, confirming, logging in, forgetting the password: as a person does it, letters included."""

import re

import pytest
from django.core import mail
from django.test import Client

from tests.builders import PASSWORD

pytestmark = pytest.mark.django_db

NEW = {"name": "Анна", "email": "anna@example.com", "password1": PASSWORD}


@pytest.fixture
def browser() -> Client:
    return Client(HTTP_ACCEPT_LANGUAGE="en")


def link(letter: int = -1) -> str:
    """The address in a letter, without the host."""
    found = re.search(r"http://testserver(/\S+)", str(mail.outbox[letter].body))
    assert found
    return found[1]


def sign_up(browser: Client, **fields: str) -> None:
    answer = browser.post("/accounts/signup/", NEW | fields, follow=True)
    assert answer.redirect_chain, answer.content.decode()


def test_a_visitor_signs_up_confirms_and_founds_a_workspace(browser: Client) -> None:
    sign_up(browser)
    assert "anna@example.com" in browser.get("/accounts/confirm-email/").content.decode()

    assert "Is <b>anna@example.com</b> yours?" in browser.get(link()).content.decode()
    assert browser.post(link(), follow=True).redirect_chain[-1][0] == "/workspaces/new/"

    founded = browser.post("/workspaces/new/", {"name": "Tea", "time_zone": "Asia/Omsk"})
    assert re.fullmatch(r"/w/\w+/", founded["Location"])
    assert browser.get("/")["Location"] == founded["Location"]
