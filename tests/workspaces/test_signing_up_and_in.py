"""Signing up, confirming, logging in, forgetting the password: as a person does it, letters included."""

import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from tests.builders import PASSWORD, a_client, a_user
from tests.letters import link
from workspaces.models import User

pytestmark = pytest.mark.django_db

NEW = {"name": "Анна", "email": "anna@example.com", "password1": PASSWORD}


@pytest.fixture
def browser() -> Client:
    return Client(HTTP_ACCEPT_LANGUAGE="en")


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


def test_the_letter_speaks_the_visitors_language_as_text_and_as_html(browser: Client) -> None:
    Client(HTTP_ACCEPT_LANGUAGE="ru").post("/accounts/signup/", NEW)
    letter = mail.outbox[0]
    assert letter.subject == "Подтвердите адрес почты"
    assert "Здравствуйте, Анна!" in str(letter.body)
    html = str(letter.alternatives[0][0])  # type: ignore[attr-defined]
    assert 'lang="ru"' in html
    assert link(0) in html

    sign_up(browser, email="ann@example.com")
    assert mail.outbox[1].subject == "Confirm your e-mail address"


def test_nobody_enters_before_the_address_is_confirmed(browser: Client) -> None:
    sign_up(browser)
    other = Client()
    answer = other.post("/accounts/login/", {"login": NEW["email"], "password": PASSWORD})
    assert answer["Location"] == "/accounts/confirm-email/"
    assert other.get("/workspaces/")["Location"].startswith("/accounts/login/")


def test_a_sign_up_does_not_tell_who_has_an_account(browser: Client) -> None:
    a_user("anna@example.com", language="ru")
    sign_up(browser)
    assert browser.get("/accounts/confirm-email/").status_code == 200
    assert mail.outbox[0].subject == "У вас уже есть аккаунт"
    assert User.objects.count() == 1


def test_the_letter_is_sent_once_more_but_not_at_once_again(browser: Client) -> None:
    sign_up(browser)
    told = browser.post("/accounts/letter/again/", follow=True).content.decode()
    assert "less than three minutes ago" in told
    cache.clear()  # three minutes later
    told = browser.post("/accounts/letter/again/", follow=True).content.decode()
    assert "The letter is sent once more." in told
    assert len(mail.outbox) == 2


def test_a_local_run_says_where_letters_are(browser: Client, settings: Any) -> None:
    sign_up(browser)
    assert "printed in the terminal" not in browser.get("/accounts/confirm-email/").content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "printed in the terminal" in browser.get("/accounts/confirm-email/").content.decode()


def test_a_silent_mail_server_is_told_and_the_account_is_kept(browser: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    told = browser.post("/accounts/signup/", NEW, follow=True).content.decode()
    assert "our mail server does not answer" in told
    assert User.objects.filter(email=NEW["email"]).exists()


def test_a_wrong_form_keeps_what_was_typed_and_says_what_is_wrong(browser: Client) -> None:
    page = browser.post("/accounts/signup/", NEW | {"password1": "123"}).content.decode()
    assert 'value="anna@example.com"' in page
    assert 'aria-invalid="true"' in page
    assert not User.objects.exists()


def test_a_forgotten_password_is_replaced_by_a_letter(browser: Client) -> None:
    user = a_user(language="en")
    browser.post("/accounts/password/reset/", {"email": user.email})
    form = browser.get(link())["Location"]
    new = "another horse battery"
    browser.post(form, {"password1": new, "password2": new})
    assert mail.outbox[-1].subject == "Your password was changed"
    assert "does not work any more" in Client(HTTP_ACCEPT_LANGUAGE="en").get(link(0)).content.decode()

    entered = Client().post("/accounts/login/", {"login": user.email, "password": new})
    assert entered["Location"] == "/"


def test_an_unknown_address_is_not_told_on_the_page_but_in_a_letter(browser: Client) -> None:
    known = browser.post("/accounts/password/reset/", {"email": a_user().email})
    unknown = browser.post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert mail.outbox[-1].subject == "There is no account with this address"


def test_guessing_a_password_is_stopped(browser: Client) -> None:
    user = a_user()
    for _attempt in range(5):
        page = browser.post("/accounts/login/", {"login": user.email, "password": "wrong"}).content.decode()
        assert "There is no account with this e-mail address and password." in page
    page = browser.post("/accounts/login/", {"login": user.email, "password": PASSWORD}).content.decode()
    assert "Too many failed attempts" in page


def test_an_installation_by_invitation_is_closed_to_visitors(browser: Client, settings: Any) -> None:
    settings.SIGN_UP = "invitation"
    assert "Sign-up is by invitation" in browser.get("/accounts/signup/").content.decode()
    browser.post("/accounts/signup/", NEW)
    assert not User.objects.exists()


def test_a_person_chooses_a_language_and_gets_it_everywhere() -> None:
    user = a_user(name="Ann", language="en")
    a_client(user).post("/me/", {"name": "Анна", "language": "ru", "theme": "dark"})
    page = Client(HTTP_ACCEPT_LANGUAGE="en")
    page.force_login(user)
    shown = page.get("/me/").content.decode()
    assert "Личные настройки" in shown
    assert 'data-theme="kaskad-dark"' in shown


def test_a_new_address_counts_once_it_is_confirmed(browser: Client) -> None:
    user = a_user("old@example.com", language="en")
    browser.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    asked = browser.post("/accounts/email/", {"email": "new@example.com", "action_add": ""})["Location"]
    assert "enter your password once more" in browser.get(asked).content.decode()
    browser.post(asked, {"password": PASSWORD}, follow=True)
    user.refresh_from_db()
    assert user.email == "old@example.com"
    browser.post(link())
    user.refresh_from_db()
    assert user.email == "new@example.com"
    assert mail.outbox[-1].to == ["old@example.com"]


def test_changing_the_password_asks_for_the_old_one(browser: Client) -> None:
    user = a_user(language="en")
    browser.force_login(user)
    new = {"password1": "another horse battery", "password2": "another horse battery"}
    assert (
        "not your current password"
        in browser.post("/accounts/password/change/", new | {"oldpassword": "guess"}).content.decode()
    )
    changed = browser.post("/accounts/password/change/", new | {"oldpassword": PASSWORD})
    assert changed["Location"] == "/me/"
    assert browser.get("/me/").status_code == 200
