"""Who came to the demo's coffee shop, from where, and what was said; all invented. Told by `demo_past`.

A line is `who: words`. `press` is a button of the bot's; the bot's own answers are not here: its flows give them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SITE = "https://zerno.example"
PAGES: Mapping[str, tuple[str, str]] = {
    "home": ("/", "Кофейня «Зерно»"),
    "ethiopia": ("/catalog/ethiopia-sidamo", "Эфиопия Сидамо — «Зерно»"),
    "colombia": ("/catalog/colombia-huila", "Колумбия Уила — «Зерно»"),
    "brazil": ("/catalog/brazil-santos", "Бразилия Сантос — «Зерно»"),
    "delivery": ("/delivery", "Доставка и оплата — «Зерно»"),
    "gifts": ("/gifts", "Наборы — «Зерно»"),
    "wholesale": ("/wholesale", "Кофейням и офисам — «Зерно»"),
}
SOURCES: Mapping[str, Mapping[str, str]] = {
    "direct": {},
    "search": {"referrer": "https://yandex.ru/"},
    "maps": {"referrer": "https://2gis.ru/"},
    "ads": {
        "referrer": "https://yandex.ru/",
        "utm_source": "yandex",
        "utm_medium": "cpc",
        "utm_campaign": "svezhaya-obzharka",
    },
    "vk": {
        "referrer": "https://vk.com/",
        "utm_source": "vk",
        "utm_medium": "social",
        "utm_campaign": "rozygrysh",
    },
    "letter": {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "novye-sorta"},
}


@dataclass(frozen=True, slots=True)
class Visit:
    """A person's coming to the site: `day` days ago, or so that the last line was said `minutes` ago."""

    name: str
    day: int
    page: str = "home"
    source: str = "direct"
    lines: tuple[str, ...] = ()
    closed_by: str = ""
    phone: str = ""
    email: str = ""
    left: str = ""  # how he went, after `stayed` days
    stayed: int = 0
    minutes: int = 0
    failed: str = ""  # why our last word did not reach him


VISITS = (
    Visit(
        "Галина Остапова",
        29,
        "ethiopia",
        "search",
        (
            "visitor: Здравствуйте! Чем Эфиопия отличается от Колумбии?",
            "anna: Здравствуйте! Эфиопия ягодная, с кислинкой. Колумбия мягче: карамель и орех.",
            "visitor: Тогда Колумбию, кислинку не люблю",
            "anna: Хороший выбор. Оформите на сайте, отправим сегодня.",
            "visitor: Спасибо!",
        ),
        closed_by="anna",
    ),
    Visit("Роман Пешков", 28, "home", "vk", ("visitor: приз", "press: Да, участвую")),
    Visit("Тимур Садыков", 27, "brazil", "ads"),
    Visit("Вера Лунёва", 27, "home", "vk", ("visitor: Хочу приз!", "press: Не сейчас"), left="unsubscribed", stayed=9),
    Visit("Илья Горшенин", 25, "delivery", "search", ("press: Доставка", "press: Меню", "press: Цены")),
    Visit("Светлана Карпенко", 24, "gifts", "letter"),
    Visit(
        "Денис Вялов",
        24,
        "wholesale",
        "search",
        (
            "visitor: Добрый день. Возите кофе в офисы? Нас 30 человек",
            "oleg: Здравствуйте! Да, возим. На 30 человек обычно уходит 6–7 кг в месяц.",
            "visitor: Сколько выйдет?",
            "oleg: От 5 кг скидка 15 %: около 19\u00a0000\u00a0₽ в месяц, доставка бесплатно.",
            "visitor: Подходит. Куда прислать реквизиты?",
            "oleg: На opt@zerno.example, счёт пришлём в тот же день.",
            "note: Офис, 30 человек. Перезвонить через месяц про вторую поставку.",
        ),
        closed_by="oleg",
        phone="+79000000114",
        email="vyalov@office.example",
    ),
    Visit("Наталья Бережная", 22, "home", "maps", ("press: Контакты", "press: Меню", "press: Доставка")),
    Visit("Павел Рогозин", 21, "colombia", "ads", left="unsubscribed", stayed=2),
    Visit(
        "Алина Хасанова",
        21,
        "delivery",
        "search",
        (
            "press: Доставка",
            "visitor: А в Уфу сколько дней?",
            "oleg: Здравствуйте! В Уфу два дня до пункта выдачи, 320\u00a0₽.",
            "visitor: Ясно, спасибо",
        ),
        closed_by="oleg",
    ),
    Visit("Егор Майданов", 20, "home", "vk", ("visitor: приз", "press: Да, участвую")),
    Visit("Ольга Стрельникова", 19, "gifts", "letter", ("press: Цены", "press: Меню", "press: Доставка")),
    Visit("Константин Зуев", 18, "brazil", "direct"),
    Visit(
        "Лариса Миронова",
        18,
        "brazil",
        "search",
        (
            "visitor: Бразилия подойдёт для турки?",
            "anna: Здравствуйте! Да, очень. Смелем в пыль, напишите в комментарии к заказу «турка».",
            "visitor: А свежая?",
            "anna: Обжариваем каждую среду, эта партия — прошлая среда.",
            "visitor: Беру две пачки",
            "anna: Спасибо! Соберём сегодня.",
        ),
        closed_by="anna",
    ),
    Visit("Артём Колыванов", 17, "home", "maps"),
    Visit(
        "Юлия Снегова",
        16,
        "delivery",
        "direct",
        (
            "visitor: Заказ 2417 до сих пор не пришёл, обещали вчера",
            "oleg: Здравствуйте! Смотрю. Курьер не дозвонился, посылка на складе.",
            "visitor: Мне никто не звонил",
            "oleg: Простите, пожалуйста. Привезём сегодня с 18 до 20 и добавим пачку Бразилии от нас.",
            "visitor: Хорошо, жду",
            "visitor: Привезли, спасибо за пачку!",
            "oleg: Рады, что всё получилось. Хорошего вечера!",
        ),
        closed_by="oleg",
        phone="+79000000127",
    ),
    Visit("Никита Фролкин", 15, "home", "vk", ("visitor: приз", "press: Да, участвую")),
    Visit("Мария Огнева", 15, "ethiopia", "ads"),
    Visit("Виктор Шахов", 14, "wholesale", "search", ("press: Цены", "press: Меню", "press: Контакты")),
    Visit(
        "Анастасия Рябцева",
        13,
        "gifts",
        "letter",
        (
            "visitor: Соберёте набор к юбилею, тысяч на пять?",
            "anna: С удовольствием! Три сорта по 250 г, воронка и фильтры — 4\u00a0850\u00a0₽.",
            "visitor: А открытку можно?",
            "anna: Да, напишите текст, впишем от руки.",
            "visitor: «Бодрого утра, дорогой Пётр Ильич!»",
            "anna: Готово, набор отправим завтра утром.",
            "visitor: Вы чудо",
        ),
        closed_by="anna",
        email="ryabtseva@mail.example",
    ),
    Visit("Георгий Лапин", 12, "home", "direct", left="blocked", stayed=1),
    Visit("Дарья Полевая", 12, "colombia", "search", ("press: Доставка", "press: Меню", "press: Контакты")),
    Visit("Станислав Юрченко", 11, "home", "ads"),
    Visit(
        "Евгения Токарева",
        10,
        "ethiopia",
        "ads",
        (
            "visitor: Есть ли у вас кофе без кофеина?",
            "oleg: Здравствуйте! Пока нет, первый привезём в следующем месяце.",
            "visitor: Сообщите, когда появится?",
            "oleg: Обязательно напишем сюда.",
            "note: Написать, когда придёт декаф.",
        ),
        closed_by="oleg",
    ),
    Visit("Максим Дорофеев", 9, "home", "vk", ("visitor: приз", "press: Не сейчас")),
    Visit("Ирина Валеева", 9, "delivery", "maps"),
    Visit(
        "Антон Брусникин",
        8,
        "delivery",
        "search",
        (
            "visitor: Курьер привёз не тот помол. Верните деньги",
            "oleg: Здравствуйте! Простите, это наша ошибка. Заменим завтра или вернём деньги — как вам удобнее?",
            "visitor: Верните",
            "oleg: Вернули 990\u00a0₽ на карту, придут за три дня.",
        ),
        left="blocked",
        failed="blocked",
    ),
    Visit("Полина Жданова", 7, "gifts", "letter", ("visitor: Какой приз разыгрываете?", "press: Да, участвую")),
    Visit("Руслан Ибрагимов", 6, "wholesale", "direct"),
    Visit(
        "Татьяна Кольцова",
        6,
        "colombia",
        "search",
        (
            "visitor: Можно забрать заказ самой?",
            "anna: Здравствуйте! Да, с 9 до 21, Речная, 12.",
            "visitor: Отлично, зайду после шести",
            "anna: Будем ждать. Угостим чашкой Колумбии.",
        ),
        closed_by="anna",
    ),
    Visit("Олеся Тихая", 5, "home", "vk", ("visitor: приз", "press: Да, участвую")),
    Visit("Михаил Саврасов", 4, "brazil", "ads", ("press: Цены", "press: Меню", "press: Доставка")),
    Visit("Кира Беляцкая", 4, "home", "maps", left="unsubscribed", stayed=1),
    Visit(
        "Сергей Ветлугин",
        3,
        "wholesale",
        "search",
        (
            "visitor: Открываем кофейню через месяц, нужен эспрессо-бленд, 20 кг в месяц",
            "oleg: Здравствуйте, поздравляем! Пришлём образцы трёх блендов, бесплатно. Куда везти?",
            "visitor: Самара, Садовая, 40. Телефон оставил в карточке",
            "oleg: Записал. Образцы уйдут завтра, в пятницу созвонимся.",
        ),
        phone="+79000000158",
        email="vetlugin@cafe.example",
    ),
    Visit("Людмила Арефьева", 2, "ethiopia", "letter"),
    Visit("Глеб Нестеров", 2, "home", "vk", ("visitor: приз", "press: Да, участвую")),
    Visit("Оксана Быстрова", 1, "delivery", "search", ("press: Доставка", "press: Меню", "press: Цены")),
    Visit("Фёдор Лукин", 1, "colombia", "ads"),
    Visit(
        "Марина Ершова",
        0,
        "ethiopia",
        "ads",
        (
            "visitor: Добрый день! Эфиопия ещё есть?",
            "visitor: И какой помол посоветуете для воронки?",
            "anna: Здравствуйте! Эфиопия Сидамо есть, обжарили в среду. Для воронки берите *средний помол*.",
            "visitor: Отлично. А пачки какие?",
            "anna: По 250 г за 990\u00a0₽ и по килограмму за 3\u00a0400\u00a0₽. Килограмм доставим бесплатно.",
            "visitor: Тогда килограмм. Успеете к выходным?",
            "note: Первый заказ: положить пробник Колумбии.",
            "anna: Успеем, доставим завтра. Напишите, пожалуйста, адрес.",
        ),
        phone="+79000000163",
        email="ershova@mail.example",
        minutes=6,
    ),
    Visit(
        "Андрей Селиванов",
        0,
        "delivery",
        "search",
        ("press: Доставка", "visitor: А в Казань за сколько дней?", "visitor: И можно ли оплатить при получении?"),
        minutes=11,
    ),
    Visit(
        "Елена Дымова",
        0,
        "gifts",
        "vk",
        ("visitor: Здравствуйте! Нужны 12 наборов для коллег. Сделаете скидку?",),
        minutes=3,
    ),
)
