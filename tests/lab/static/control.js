// The control page: bots and their tokens, people and their phones, misbehaviour, the account. Asks once a second.

import { ask, language, make, translate, word } from "./words.js";

const by = (id) => document.getElementById(id);
const drawn = new Map(); // what each part was drawn from: what has not changed stays, and so does the focus in it

function redraw(name, from, draw) {
  const told = JSON.stringify(from);
  if (drawn.get(name) === told) return;
  drawn.set(name, told);
  draw();
}

function botRow(bot, people) {
  const copy = (value) => make("button", { class: "button", type: "button", onclick: async (event) => {
    const button = event.currentTarget;
    await navigator.clipboard.writeText(value);
    button.textContent = word("copied");
    setTimeout(() => (button.textContent = word("copy")), 1500);
  } }, word("copy"));
  const keys = Object.entries(bot.credentials);
  const revoke = make("button", { class: "button quiet", type: "button", onclick: () => act("POST", `/api/bots/${bot.platform}/${bot.username}/revoke`) }, word("revoke"));
  const phone = make("a", { class: "button main", href: `/phone/${bot.platform}/${bot.username}/${people[0]?.id ?? ""}`, target: "_blank",
    onclick: async (event) => {
      if (people.length) return;
      event.preventDefault();
      const found = await ask("POST", "/api/phones", { platform: bot.platform, bot: bot.username, person: language === "ru" ? "Анна" : "Ann" });
      window.open(found.path, "_blank");
    } }, word("open_phone"));
  const choices = (bot.choices ?? []).map((one) => make("label", { class: "line" }, make("span", { class: "soft small grow" }, one.label),
    make("select", { onchange: (event) => act("POST", `/api/bots/${bot.platform}/${bot.username}/choose`, { name: one.name, value: event.target.value }) },
      ...one.options.map((value) => make("option", { value, selected: value === one.value }, value)))));
  const state = bot.hook ? `${word("hook")} ${bot.hook}` : word("no_hook");
  return make("li", {},
    make("div", { class: "line" }, make("strong", {}, bot.name), make("span", { class: "soft grow" }, `${bot.platform} · ${bot.username}`), phone),
    ...keys.map(([name, value], at) => make("div", { class: "line" }, keys.length > 1 ? make("span", { class: "soft small" }, name) : null,
      make("code", { class: "token", title: value }, value), copy(value), at ? null : revoke)),
    choices.length ? make("details", {}, make("summary", { class: "soft small" }, word("decides")), ...choices) : null,
    make("p", { class: "soft small grow" }, state, bot.limits ? "" : ` · ${word("unlimited")}`,
      bot.waiting ? ` · ${bot.waiting} ${word("waiting")}` : ""),
    bot.problem && bot.waiting ? make("p", { class: "bad small" }, bot.problem) : null);
}

function personRow(person, bots) {
  const phones = bots.map((bot) => make("a", { class: "chip", href: `/phone/${bot.platform}/${bot.username}/${person.id}`, target: "_blank" }, bot.name));
  return make("li", {},
    make("div", { class: "line" }, make("strong", {}, person.name), make("span", { class: "soft small" }, `${person.phone} · ${person.language}`)),
    phones.length ? make("div", { class: "line" }, ...phones) : null);
}

function switchRow(one) {
  const often = one.times == null ? word("without_end") : `× ${one.times}`;
  const share = one.share < 1 ? ` · ${Math.round(one.share * 100)} %` : "";
  return make("li", {}, make("div", { class: "line" },
    make("span", { class: "grow" }, make("strong", {}, word(one.kind)), " ",
      make("span", { class: "soft small" }, `${one.bot ? `@${one.bot} · ` : ""}${often}${share} · ${word("hits")}: ${one.hits}`)),
    make("button", { class: "button", type: "button", onclick: () => act("DELETE", `/api/switches/${one.number}`) }, word("turn_off"))));
}

function arrivalRow(one, people) {
  const status = one.fate === "answered" ? String(one.status) : word(one.fate);
  const good = one.fate === "answered" && one.status < 400;
  const time = new Date(one.began * 1000).toLocaleTimeString(language);
  return make("tr", {},
    make("td", { class: "soft status" }, time), make("td", {}, one.method),
    make("td", {}, people.get(String(one.to)) ?? one.to), make("td", {}, one.text.slice(0, 120)),
    make("td", { class: `status ${good ? "good" : "bad"}` }, status));
}

function show(state) {
  const numbers = new Intl.NumberFormat(language);
  redraw("bots", [state.bots, state.people.map((one) => one.id)], () => {
    by("bot-list").replaceChildren(...state.bots.map((bot) =>
      botRow(bot, state.people.filter((one) => bot.people.includes(one.id)).concat(state.people))));
    by("no-bots").hidden = state.bots.length > 0;
  });
  redraw("people", [state.people, state.bots.map((one) => one.username)], () =>
    by("people-list").replaceChildren(...state.people.map((one) => personRow(one, state.bots))));
  redraw("platforms", state.platforms, () => by("new-bot").platform.replaceChildren(
    ...state.platforms.map((one) => make("option", { value: one, selected: one === "telegram" }, one))));
  redraw("switches", state.switches, () => by("switches").replaceChildren(...state.switches.map(switchRow)));
  redraw("choices", [state.kinds, state.bots.map((one) => one.username)], () => {
    const form = by("new-switch");
    const chosen = [form.kind.value, form.bot.value];
    form.kind.replaceChildren(...[...state.kinds.calls, ...state.kinds.hooks].map((kind) => make("option", { value: kind }, word(kind))));
    form.bot.replaceChildren(make("option", { value: "" }, word("every_bot")),
      ...state.bots.map((bot) => make("option", { value: bot.username }, bot.name)));
    [form.kind.value, form.bot.value] = [chosen[0] || state.kinds.calls[0], chosen[1]];
  });
  for (const name of ["calls", "sent", "refused"]) by(name).textContent = numbers.format(state.account[name]);
  by("twice").textContent = numbers.format(state.account.twice.length);
  redraw("arrivals", state.arrivals, () => {
    const people = new Map(state.people.map((one) => [String(one.id), one.name]));
    by("arrivals").querySelector("tbody").replaceChildren(...state.arrivals.map((one) => arrivalRow(one, people)));
    by("arrivals").hidden = !state.arrivals.length;
    by("no-calls").hidden = state.arrivals.length > 0;
  });
}

async function look() {
  try {
    show(await ask("GET", "/api/state"));
    by("lost").hidden = true;
  } catch {
    by("lost").hidden = false;
  }
}

async function act(method, address, body) {
  await ask(method, address, body);
  await look();
}

function listen(id, send) {
  by(id).addEventListener("submit", async (event) => {
    event.preventDefault();
    await send(Object.fromEntries(new FormData(event.target)));
    if (id !== "new-switch") event.target.reset();
  });
}

translate();
document.title = `Kaskad · ${word("title")}`;
for (const button of document.querySelectorAll("[data-language]")) {
  button.setAttribute("aria-pressed", String(button.dataset.language === language));
  button.addEventListener("click", () => location.assign(`/?lang=${button.dataset.language}`));
}
listen("new-bot", (given) => act("POST", "/api/bots", given));
listen("new-person", (given) => act("POST", "/api/people", { ...given, language }));
listen("new-switch", (given) => act("POST", "/api/switches", {
  kind: given.kind, bot: given.bot, times: given.times ? Number(given.times) : null,
  share: Number(given.share || 100) / 100, seconds: Number(given.seconds || 0),
}));
by("forget").addEventListener("click", () => act("DELETE", "/api/account"));
await look();
setInterval(() => document.hidden || look(), 1000);
