"""What a person himself wrote in a letter, whichever program quoted ours below it."""

import pytest

from messengers.protocols.quotes import said

LETTERS = {
    "Gmail, in English": (
        "Yes, please.\n\nOn Mon, Nov 24, 2026 at 10:00 AM Shop <shop@shop.example>\nwrote:\n\n> Hello\n> there\n",
        "Yes, please.",
    ),
    "Gmail, in Russian": (
        "Да, хочу\n\nпн, 24 нояб. 2026 г. в 10:00, Магазин <shop@shop.example>:\n\n> Привет\n>\n> мир\n",
        "Да, хочу",
    ),
    "Yandex, with a signature": (
        'Спасибо!\n\n24.11.2026, 10:00, "Магазин" <shop@shop.example>:\n> Привет\n\n--\nС уважением, Анна\n',
        "Спасибо!",
    ),
    "Yandex, its quote unmarked": (
        "Спасибо!\n\n24.11.2026, 10:00, Магазин <shop@shop.example>:\n\nПривет, мир\n",
        "Спасибо!",
    ),
    "Mail.ru, from a phone": (
        (
            "Хорошо\n"
            "\n"
            "--\n"
            "Анна Иванова\n"
            "Отправлено из мобильной Почты Mail\n"
            "\n"
            "Понедельник, 24 ноября 2026, 10:00 +03:00 от Магазин <shop@shop.example>:\n"
            ">Привет\n"
        ),
        "Хорошо",
    ),
    "Mail.ru, all of it marked": (
        "Хорошо\n\n>Понедельник, 24 ноября 2026, 10:00 +03:00 от Магазин <shop@shop.example>:\n>\n>Привет\n",
        "Хорошо",
    ),
    "Outlook, in English": (
        (
            "OK\n"
            "\n"
            "From: Shop <shop@shop.example>\n"
            "Sent: Monday, November 24, 2026 10:00 AM\n"
            "To: anna@people.example\n"
            "Subject: Hi\n"
            "\n"
            "Hello\n"
        ),
        "OK",
    ),
    "Outlook, in Russian": (
        (
            "Да\n"
            "\n"
            "________________________________\n"
            "От: Магазин <shop@shop.example>\n"
            "Отправлено: 24 ноября 2026 г. 10:00\n"
            "Кому: anna@people.example\n"
            "Тема: Привет\n"
            "\n"
            "Привет\n"
        ),
        "Да",
    ),
    "Outlook for iOS": (
        (
            "Да\n"
            "\n"
            "Get Outlook for iOS<https://aka.ms/o0ukef>\n"
            "________________________________\n"
            "From: Shop <shop@shop.example>\n"
            "Sent: Monday\n"
            "To: a\n"
            "Subject: Hi\n"
            "\n"
            "Hello\n"
        ),
        "Да",
    ),
    "Apple Mail, in English": (
        "Sure!\n\nSent from my iPhone\n\n> On 24 Nov 2026, at 10:00, Shop <shop@shop.example> wrote:\n> \n> Hello\n",
        "Sure!",
    ),
    "Apple Mail, in Russian": (
        (
            "Конечно\n"
            "\n"
            "Отправлено с iPhone\n"
            "\n"
            "> 24 нояб. 2026 г., в 10:00, Магазин <shop@shop.example> написал(а):\n"
            "> \n"
            "> Привет\n"
        ),
        "Конечно",
    ),
    "Thunderbird, in English": (
        "Ja\n\nOn 24/11/2026 10:00, Shop wrote:\n> Hello\n",
        "Ja",
    ),
    "Thunderbird, in Russian": (
        "Да\n\n24.11.2026 10:00, Магазин пишет:\n> Привет\n",
        "Да",
    ),
    "answers between the quotes": (
        "On Mon, Nov 24, 2026 at 10:00 AM Shop <shop@shop.example> wrote:\n> Colour?\nRed\n> Size?\nXL\n",
        "Red\nXL",
    ),
    "an original message": (
        "Да\n\n-----Original Message-----\nFrom: x\n\nтекст",
        "Да",
    ),
    "a Samsung phone": (
        "Да\n\n-------- Исходное сообщение --------\nОт: x\n",
        "Да",
    ),
    "a forwarded letter is what is meant": (
        "---------- Forwarded message ---------\nFrom: A <a@b>\nDate: x\n\nHello",
        "---------- Forwarded message ---------\nFrom: A <a@b>\nDate: x\n\nHello",
    ),
    "no quote at all": (
        "Здравствуйте!\nЦена: 100 р.\nВопрос: когда?\n",
        "Здравствуйте!\nЦена: 100 р.\nВопрос: когда?",
    ),
    "a date and an address in a sentence": (
        "Встреча 24.11.2026 в 10:00, пишите на shop@shop.example\nСпасибо: всем",
        "Встреча 24.11.2026 в 10:00, пишите на shop@shop.example\nСпасибо: всем",
    ),
    "a program that names the address alone": (
        "Да\n\n24.11.2026, 10:00, shop@shops.example пишет:\n> Привет\n",
        "Да",
    ),
    "a signature": (
        "Привет\n-- \nАнна",
        "Привет",
    ),
    "nothing but a quote": (
        "> a\n> b",
        "> a\n> b",
    ),
}


@pytest.mark.parametrize("name", LETTERS)
def test_what_he_said_himself(name: str) -> None:
    letter, own = LETTERS[name]
    assert said(letter) == own


def test_a_letter_that_nobody_should_write_takes_no_time() -> None:
    line = "On 24.11.2026 10:00 " * 24 + "wrote:"
    assert said("\n".join([line[-490:]] * 2000))
