// The lab's words in Russian and English. `word("key")` gives one, `translate()` fills a page's `data-word`s.

const RU = {
  title: "Лаборатория",
  lead: "Мессенджеры, сыгранные на этом компьютере: пишите боту с телефона и смотрите, что до него дошло.",
  bots: "Боты",
  bots_hint: "Токен вставьте в Kaskad: Каналы → Подключить → Telegram → бот лаборатории.",
  no_bots: "Ботов пока нет. Назовите первого — у него сразу будут токен и телефон.",
  messenger: "Мессенджер",
  new_bot: "Имя бота",
  new_bot_example: "Кофейня",
  make_bot: "Создать бота",
  copy: "Скопировать токен",
  copied: "Скопировано",
  revoke: "Отозвать токен",
  decides: "Решения мессенджера: шаблоны, качество, лимит",
  open_phone: "Открыть телефон",
  hook: "Обновления уходят на",
  no_hook: "Вебхука нет: бот забирает обновления сам или ещё не подключён.",
  waiting: "ждут отправки",
  unlimited: "без ограничений скорости",
  people: "Люди",
  new_person: "Имя",
  new_person_example: "Мария Петрова",
  make_person: "Добавить человека",
  misbehaviour: "Сбои",
  misbehaviour_hint: "Включите сбой и посмотрите, как с ним справляется Kaskad.",
  kind: "Что случится",
  times: "Сколько раз",
  share: "Доля, %",
  seconds: "Секунды",
  which_bot: "У бота",
  every_bot: "у любого",
  turn_on: "Включить",
  turn_off: "Выключить",
  hits: "сработал",
  without_end: "пока не выключите",
  account: "Счёт",
  calls: "вызовов",
  sent: "дошло до людей",
  refused: "отказов",
  twice: "дошло дважды",
  forget: "Очистить",
  no_calls: "Вызовов ещё не было.",
  lost: "Лаборатория не отвечает. Страница оживёт, когда она вернётся.",
  dropped: "обрыв",
  open: "идёт",
  unread: "не дождались",
  too_many: "429: слишком часто",
  server_error: "502: сервер недоступен",
  slow: "Медленный ответ",
  drop_before: "Обрыв до чтения запроса",
  drop_unhandled: "Прочитан, не выполнен, обрыв",
  drop_after: "Выполнен, ответ потерян",
  hook_lost: "Вебхук потерян",
  hook_doubled: "Вебхук пришёл дважды",
  hook_out_of_order: "Вебхуки не по порядку",
  hook_late: "Вебхук опоздал",
  back: "В лабораторию",
  bot: "бот",
  typing: "печатает…",
  start: "Начать",
  start_lead: "Нажмите «Начать», чтобы бот мог вам писать.",
  payload: "Метка ссылки (не обязательно)",
  write: "Сообщение",
  send: "Отправить",
  attach: "Прикрепить",
  file: "Фото или файл",
  voice: "Голосовое сообщение",
  location: "Местоположение",
  share_phone: "Мой номер телефона",
  menu: "Действия",
  block: "Заблокировать бота",
  unblock: "Разблокировать",
  blocked: "Вы заблокировали бота.",
  edited: "изменено",
  edit: "Изменить",
  delete: "Удалить",
  cancel: "Отмена",
  save: "Сохранить",
  editing: "Изменение сообщения",
  keyboard: "Клавиатура бота",
  opens: "Бот открывает адрес",
  place: "Место на карте",
  offline: "Нет связи с лабораторией…",
  no_chat: "Такого телефона нет. Откройте его из лаборатории.",
  newest: "К последним сообщениям",
};

const EN = {
  title: "The lab",
  lead: "Messengers played on this computer: write to a bot from a phone and watch what reaches it.",
  bots: "Bots",
  bots_hint: "Paste the token into Kaskad: Channels → Connect → Telegram → a bot of the lab.",
  no_bots: "There are no bots yet. Name the first one: it has a token and a phone at once.",
  messenger: "Messenger",
  new_bot: "Name of the bot",
  new_bot_example: "Coffee shop",
  make_bot: "Make a bot",
  copy: "Copy the token",
  copied: "Copied",
  revoke: "Revoke the token",
  decides: "What the messenger decides: templates, quality, limit",
  open_phone: "Open a phone",
  hook: "Updates go to",
  no_hook: "No webhook: the bot fetches updates itself, or is not connected yet.",
  waiting: "wait to leave",
  unlimited: "no speed limits",
  people: "People",
  new_person: "Name",
  new_person_example: "Mary Smith",
  make_person: "Add a person",
  misbehaviour: "Misbehaviour",
  misbehaviour_hint: "Turn something on and watch how Kaskad copes with it.",
  kind: "What happens",
  times: "How often",
  share: "Share, %",
  seconds: "Seconds",
  which_bot: "To the bot",
  every_bot: "any",
  turn_on: "Turn on",
  turn_off: "Turn off",
  hits: "happened",
  without_end: "until turned off",
  account: "Account",
  calls: "calls",
  sent: "reached people",
  refused: "refused",
  twice: "arrived twice",
  forget: "Clear",
  no_calls: "No calls yet.",
  lost: "The lab does not answer. This page goes on when it is back.",
  dropped: "cut",
  open: "under way",
  unread: "nobody waited",
  too_many: "429: too many requests",
  server_error: "502: bad gateway",
  slow: "A slow answer",
  drop_before: "Cut before the request is read",
  drop_unhandled: "Read, not done, cut",
  drop_after: "Done, the answer is lost",
  hook_lost: "A webhook is lost",
  hook_doubled: "A webhook comes twice",
  hook_out_of_order: "Webhooks out of order",
  hook_late: "A webhook is late",
  back: "To the lab",
  bot: "bot",
  typing: "typing…",
  start: "Start",
  start_lead: "Press Start, so that the bot may write to you.",
  payload: "Label of the link (optional)",
  write: "Message",
  send: "Send",
  attach: "Attach",
  file: "Photo or file",
  voice: "Voice message",
  location: "Location",
  share_phone: "My phone number",
  menu: "Actions",
  block: "Block the bot",
  unblock: "Unblock",
  blocked: "You have blocked the bot.",
  edited: "edited",
  edit: "Edit",
  delete: "Delete",
  cancel: "Cancel",
  save: "Save",
  editing: "Editing a message",
  keyboard: "The bot's keyboard",
  opens: "The bot opens an address",
  place: "A place on the map",
  offline: "No connection to the lab…",
  no_chat: "There is no such phone. Open one from the lab.",
  newest: "To the newest messages",
};

const asked = new URLSearchParams(location.search).get("lang");
if (asked === "ru" || asked === "en") localStorage.setItem("lab-language", asked);
export const language = asked === "ru" || asked === "en" ? asked
  : localStorage.getItem("lab-language") ?? (navigator.language.startsWith("ru") ? "ru" : "en");
const words = language === "ru" ? RU : EN;

export const word = (key) => words[key] ?? key;

export function translate() {
  document.documentElement.lang = language;
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = word(one.dataset.word);
  for (const name of ["label", "placeholder", "title"]) {
    for (const one of document.querySelectorAll(`[data-${name}]`)) {
      one.setAttribute(name === "label" ? "aria-label" : name, word(one.dataset[name]));
    }
  }
}

// Make an element: `make("a", {class: "chip", href: "/"}, "words", child)`; `on…` attributes listen.
export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child != null && child !== false));
  return made;
}

export async function ask(method, address, body) {
  const form = body instanceof FormData;
  const answer = await fetch(address, {
    method,
    body: form ? body : body === undefined ? undefined : JSON.stringify(body),
    headers: body === undefined || form ? {} : { "Content-Type": "application/json" },
  });
  if (!answer.ok) throw Object.assign(new Error(await answer.text()), { status: answer.status });
  return answer.json();
}
