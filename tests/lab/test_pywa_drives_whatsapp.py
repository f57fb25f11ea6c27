"""pywa drives the fake of WhatsApp: if it is content, the fake speaks as the Cloud API does."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pywa import WhatsApp
from pywa.errors import WhatsAppError
from pywa.types import Button, Section, SectionList, SectionRow, URLButton
from pywa.types.templates import BodyText, Buttons, FooterText, HeaderText, QuickReplyButton, Template
from pywa.types.templates import URLButton as TemplateURLButton

from lab.platforms.meta.apps import Subscription
from lab.platforms.whatsapp.numbers import Number, bsuid, digits
from lab.platforms.whatsapp.phones import Phone
from lab.running import Lab
from lab.samples import sample


@pytest.fixture
def shop(lab: Lab) -> Number:
    made: Number = lab.whatsapp.new_bot("Shop")
    return made


@pytest.fixture
def client(lab: Lab, shop: Number) -> Iterator[WhatsApp]:
    with httpx.Client(timeout=10) as session:
        made = WhatsApp(phone_id=shop.page_id, token=shop.token, waba_id=shop.waba_id, session=session, server=None)
        session.base_url = f"{lab.url}/whatsapp/v23.0"  # type: ignore[assignment]
        yield made


@pytest.fixture
def anna(lab: Lab, shop: Number) -> Phone:
    phone: Phone = shop.phone(lab.whatsapp.person("Анна"))
    phone.writes("Привет")
    return phone


def test_it_writes(client: WhatsApp, anna: Phone) -> None:
    to, photo = digits(anna.person), sample("photo")
    client.send_message(to, "Здравствуйте", tracker="t")
    client.send_message(to, "Чай?", buttons=[Button("Да", callback_data="1:yes"), Button("Нет", callback_data="1:no")])
    client.send_message(to, "Сайт?", buttons=URLButton("Сайт", "https://ex.am/x"))
    rows = [SectionRow(title="Раф", callback_data="1:raf"), SectionRow(title="Флэт", callback_data="1:flat")]
    client.send_message(to, "Кофе?", buttons=SectionList("Выбрать", sections=[Section("Кофе", rows)]))
    media = client.upload_media(photo.data, mime_type=photo.content_type, filename=photo.name)
    client.send_image(to, media, caption="Вот")
    client.send_location(to, latitude=55.75, longitude=37.61, name="Кафе", address="Улица 1")
    assert anna.texts() == ["Здравствуйте", "Чай?", "Сайт?", "Кофе?", "Вот", "Кафе"]
    assert anna.presses("Флэт") == "sent"
    assert anna.presses("Сайт") == "https://ex.am/x"


def test_it_reads_the_number_and_its_templates(client: WhatsApp, shop: Number) -> None:
    shop.new_template("promo", "Привет, {{1}}")
    told = client.get_business_phone_number()
    assert (told.verified_name, told.id) == ("Shop", shop.page_id)
    assert [one.name for one in client.get_templates()] == ["promo"]


def test_it_is_refused_as_by_meta(client: WhatsApp, anna: Phone, shop: Number) -> None:
    def refusal(to: str, text: str = "x") -> int:
        with pytest.raises(WhatsAppError) as caught:
            client.send_message(to, text)
        return int(caught.value.code)

    assert refusal("100200300") == 131009
    assert refusal(digits(anna.person), "x" * 4097) == 131009
    shop.limit(0)
    assert refusal(digits(anna.person)) == 130429
    shop.limit(None)
    for number in range(45):
        client.send_message(digits(anna.person), str(number))
    assert refusal(digits(anna.person)) == 131056
    shop.registered = False
    assert refusal(digits(anna.person)) == 133010
    shop.revoke()
    assert refusal(digits(anna.person)) == 190


def test_it_understands_what_the_number_is_told(lab: Lab, client: WhatsApp, shop: Number) -> None:
    told: list[dict[str, Any]] = []
    waba = shop.waba_id
    lab.ground.do(lambda: shop.app.subscriptions.update({waba: Subscription("http://127.0.0.1:9/", "", ["messages"])}))
    phone: Phone = shop.phone(lab.whatsapp.person("Борис"))
    phone.writes("Привет")
    phone.sends("photo", caption="Вот")
    phone.comes_by_ad("Почём?")
    client.send_message(digits(phone.person), "Чай?", buttons=[Button("Да", callback_data="1:yes")], tracker="t")
    phone.presses("Да")
    phone.reads()
    told = [one.body for one in lab.ground.do(lambda: list(shop.app.pending))]
    bodies = [{"object": "whatsapp_business_account", "entry": [{"id": waba, "changes": [one]}]} for one in told]
    read: list[Any] = []
    for field in ("message", "callback_button", "message_status"):
        getattr(client, f"on_{field}")(lambda _client, update: read.append(update))
    for body in bodies:
        client.webhook_update_handler(json.dumps(body).encode())
    names = [type(one).__name__ for one in read]
    assert names.count("MessageStatus") >= 2
    assert [one.text or one.caption for one in read if type(one).__name__ == "Message"] == ["Привет", "Вот", "Почём?"]
    assert [one.data for one in read if type(one).__name__ == "CallbackButton"] == ["1:yes"]
    assert {one.from_user.bsuid for one in read if type(one).__name__ == "Message"} == {bsuid(phone.person)}


def test_it_makes_reads_and_deletes_templates(client: WhatsApp, shop: Number) -> None:
    def wanted(name: str, body: str) -> Template:
        parts = [
            HeaderText("Май"),
            BodyText(body, "Анна"),
            FooterText(text="Kaskad"),
            Buttons(
                buttons=[
                    QuickReplyButton(text="Беру"),
                    TemplateURLButton(text="Сайт", url="https://ex.am/{{1}}", example="may"),
                ]
            ),
        ]
        return Template(name=name, language="ru", category="MARKETING", components=parts, parameter_format="POSITIONAL")

    made = client.create_template(wanted("spring", "Для вас, {{1}}, скидка"))
    assert made.status == "PENDING"
    for number in range(40):
        shop.new_template(f"more_{number}", "Здравствуйте")
    first = client.api.get_templates(shop.waba_id, pagination={"limit": 30})
    after = {"limit": 30, "after": first["paging"]["cursors"]["after"]}
    second = client.api.get_templates(shop.waba_id, pagination=after)
    assert (len(first["data"]), "next" in first["paging"]) == (30, True)
    assert (len(second["data"]), "next" in second["paging"]) == (11, False)
    details = client.get_template(template_id=made.id)
    assert (details.name, [type(part).__name__ for part in details.components]) == (
        "spring",
        ["HeaderText", "BodyText", "FooterText", "Buttons"],
    )
    with pytest.raises(WhatsAppError) as caught:
        client.create_template(wanted("spring", "Для вас, {{1}}, скидка"))
    assert caught.value.code == 100
    client.delete_template("spring", template_id=made.id)
    assert len(shop.templates) == 40
    with pytest.raises(WhatsAppError):
        client.delete_template("spring")


def test_it_understands_what_the_app_is_told_of_templates(lab: Lab, client: WhatsApp, shop: Number) -> None:
    fields = ["message_template_status_update", "message_template_quality_update", "template_category_update"]
    fields += ["account_update"]
    subscription = Subscription("http://127.0.0.1:9/", "", fields)
    lab.ground.do(lambda: shop.app.subscriptions.update({"whatsapp_business_account": subscription}))
    shop.new_template("promo", "Привет, {{1}}, как дела")
    answer = httpx.post(
        f"{lab.url}/api/bots/whatsapp/{shop.key}/choose", json={"name": "template/promo/ru", "value": "REJECTED"}
    )
    assert answer.status_code == 200
    assert httpx.post(f"{lab.url}/api/bots/whatsapp/{shop.key}/choose", json={"name": "x"}).status_code == 400
    shop.rates_template("promo", "RED")
    shop.moves_template("promo", "UTILITY")
    shop.punished("restricted")
    read: list[Any] = []
    for field in ("template_status_update", "template_quality_update", "template_category_update", "account_update"):
        getattr(client, f"on_{field}")(lambda _client, update: read.append(update))
    for one in lab.ground.do(lambda: list(shop.app.pending)):
        entry = {"id": shop.waba_id, "time": 1777636800, "changes": [one.body]}
        client.webhook_update_handler(json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode())
    status, quality, category, account = read
    assert (status.new_status, status.reason, status.template_name) == ("REJECTED", "PROMOTIONAL", "promo")
    assert (quality.previous_quality_score, quality.new_quality_score) == ("GREEN", "RED")
    assert (category.previous_category, category.new_category) == ("MARKETING", "UTILITY")
    assert account.event == "ACCOUNT_RESTRICTION"
