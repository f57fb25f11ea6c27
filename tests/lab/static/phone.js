// A phone's page: shows the chat as it stands and does what the person does. It waits for news with its last revision.

import { ask, language, make, translate, word } from "./words.js";

const by = (id) => document.getElementById(id);
const [, , platform, bot, person] = location.pathname.split("/");
const api = `/api/phone/${platform}/${bot}/${person}`;
const rows = new Map(); // message id -> what it was drawn from, and the element
let shown = { messages: [] };
let toast = "";
let editing = null;
let keysWanted = true;
let atEnd = true; // the newest message is in view, and is to stay there whatever grows

const act = (name, told = {}) => ask("POST", `${api}/${name}`, told).catch((error) => say(error.message));

function say(text) {
  by("toast").textContent = text;
  by("toast").hidden = !text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (by("toast").hidden = true), 3500);
}

// ---- words with their formatting: entities become elements, one inside the other

const TAGS = { bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre", blockquote: "blockquote", expandable_blockquote: "blockquote" };

function formatted(text, entities) {
  const parts = (from, to, inside) => {
    const made = [];
    let at = from;
    for (let index = 0; index < inside.length; index += 1) {
      const one = inside[index];
      if (one.offset < at || one.offset + one.length > to) continue;
      if (one.offset > at) made.push(text.slice(at, one.offset));
      const end = one.offset + one.length;
      const within = inside.slice(index + 1).filter((other) => other.offset >= one.offset && other.offset + other.length <= end);
      made.push(element(one, text.slice(one.offset, end), parts(one.offset, end, within)));
      at = end;
    }
    if (at < to) made.push(text.slice(at, to));
    return made;
  };
  return parts(0, text.length, entities);
}

function element(entity, words, children) {
  const link = { text_link: entity.url, url: words, email: `mailto:${words}` }[entity.type];
  if (link) return make("a", { href: /^(https?|mailto|tel|tg):/.test(link) ? link : null, target: "_blank", rel: "noreferrer" }, ...children);
  if (entity.type === "bot_command") return make("a", { href: "#", onclick: (event) => { event.preventDefault(); act("write", { text: words }); } }, ...children);
  if (entity.type === "spoiler") return make("span", { class: "spoiler", tabindex: "0" }, ...children);
  return make(TAGS[entity.type] ?? "span", {}, ...children);
}

// ---- one message

const size = (bytes) => bytes < 1e5 ? `${Math.max(1, Math.round(bytes / 1e3))} KB` : `${(bytes / 1e6).toFixed(1)} MB`;

function media(file) {
  if (file.kind === "photo" || file.kind === "sticker") {
    return make("img", { class: "media", "data-kind": file.kind, src: file.url, alt: file.name, loading: "lazy", width: file.width || null, height: file.height || null });
  }
  if (["video", "animation", "video_note"].includes(file.kind)) {
    return make("video", { class: "media", "data-kind": file.kind, src: file.url, controls: file.kind === "video", autoplay: file.kind === "animation", loop: file.kind === "animation", muted: file.kind === "animation", playsinline: true });
  }
  if (file.kind === "voice" || file.kind === "audio") return make("audio", { src: file.url, controls: true, title: file.name });
  return make("a", { class: "file", href: file.url, download: file.name },
    make("i", {}, (file.name.split(".").pop() || "file").slice(0, 4).toUpperCase()),
    make("span", {}, make("strong", {}, file.name), make("span", { class: "soft small" }, size(file.size))));
}

function place(message) {
  const where = message.venue?.location ?? message.location;
  const near = `${where.latitude.toFixed(5)}, ${where.longitude.toFixed(5)}`;
  return make("div", { class: "map" }, make("strong", {}, message.venue?.title ?? word("place")),
    make("span", { class: "small" }, message.venue?.address ?? near));
}

function underneath(message) {
  const button = (one) => {
    if (one.url) return make("a", { href: one.url, target: "_blank", rel: "noreferrer", "data-style": one.style }, `${one.text} ↗`);
    return make("button", { type: "button", class: one.waits ? "waits" : null, "data-style": one.style, onclick: async () => {
      if (one.copies) { await navigator.clipboard.writeText(one.copies); say(word("copied")); return; }
      await act("press", { label: one.text, message: message.id });
    } }, one.text);
  };
  return make("div", { class: "under" }, ...message.buttons.map((row) => make("div", {}, ...row.map(button))));
}

function own(message) {
  const begin = () => {
    editing = message.id;
    by("editing").hidden = false;
    by("write").text.value = message.text;
    by("write").text.focus();
  };
  return [
    message.text ? make("button", { class: "own", type: "button", onclick: begin }, word("edit")) : null,
    make("button", { class: "own", type: "button", onclick: () => act("delete", { message: message.id }) }, word("delete")),
  ];
}

function drawn(message, files) {
  const time = new Date(message.at * 1000).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
  const visual = files.length > 1 && files.every((file) => ["photo", "video"].includes(file.kind));
  const contents = visual ? [make("div", { class: "album" }, ...files.map(media))] : files.map(media);
  const bubble = make("div", { class: "bubble" },
    message.answers ? make("div", { class: "answers" }, message.answers) : null,
    ...contents,
    message.location || message.venue ? place(message) : null,
    message.contact ? make("div", { class: "file" }, make("i", {}, "☎"), make("span", {}, make("strong", {}, message.contact.first_name), make("span", { class: "small" }, `+${String(message.contact.phone_number).replace("+", "")}`))) : null,
    make("span", { class: "words" }, ...formatted(message.text, message.entities)),
    make("span", { class: "meta" }, message.edited ? `${word("edited")} ` : "", time, ...(message.mine ? own(message) : [])));
  const classes = ["message", message.mine ? "mine" : "", message.buttons.length ? "has-buttons" : ""].join(" ").trim();
  return make("li", { class: classes, "data-id": message.id }, bubble, message.buttons.length ? underneath(message) : null);
}

// Messages of one album are shown as one.
function together(messages) {
  const groups = [];
  for (const message of messages) {
    const last = groups.at(-1);
    if (message.album && last?.message.album === message.album) last.files.push(message.file);
    else groups.push({ message, files: message.file ? [message.file] : [] });
  }
  return groups;
}

// ---- the whole screen

function showMessages(messages) {
  const groups = together(messages);
  const kept = new Set();
  const elements = groups.map(({ message, files }) => {
    const told = JSON.stringify([message, files]);
    kept.add(message.id);
    const known = rows.get(message.id);
    if (known?.told === told) return known.element;
    const element = drawn(message, files);
    rows.set(message.id, { told, element });
    return element;
  });
  for (const id of [...rows.keys()]) if (!kept.has(id)) rows.delete(id);
  const list = by("messages");
  const same = elements.length === list.children.length && elements.every((one, at) => one === list.children[at]);
  if (!same) list.replaceChildren(...elements);
  elements.forEach((one, at) => one.classList.toggle("next", at > 0 && groups[at].message.mine === groups[at - 1].message.mine));
}

function stayAtEnd() {
  if (atEnd) by("screen").scrollTop = by("screen").scrollHeight;
}

function showKeys(keyboard) {
  by("keys-button").hidden = !keyboard;
  by("keys").hidden = !keyboard || !keysWanted;
  by("write").text.placeholder = keyboard?.placeholder || word("write");
  by("keys").replaceChildren(...(keyboard?.rows ?? []).map((row) => make("div", {}, ...row.map((key) =>
    make("button", { type: "button", onclick: () => act("press", { label: key.text }) },
      `${{ contact: "☎ ", location: "⌖ " }[key.asks] ?? ""}${key.text}`)))));
}

function show(state) {
  document.title = `${state.bot.name} · ${state.person.name}`;
  by("bot").textContent = state.bot.name;
  if (by("picture").getAttribute("src") !== state.bot.picture) by("picture").src = state.bot.picture;
  by("status").textContent = state.typing ? word("typing") : `${word("bot")} · ${state.person.name}`;
  by("status").className = state.typing ? "typing" : "";
  by("start").hidden = state.started || state.blocked;
  by("blocked").hidden = !state.blocked;
  by("write").hidden = !state.started || state.blocked;
  showMessages(state.messages);
  if (JSON.stringify(shown.keyboard) !== JSON.stringify(state.keyboard) || !shown.revision) showKeys(state.started && !state.blocked ? state.keyboard : null);
  if (shown.revision && state.toast && state.toast !== toast) say(state.toast);
  toast = state.toast;
  shown = state;
}

async function watch() {
  for (;;) {
    try {
      show(await ask("GET", `${api}?seen=${shown.revision ?? ""}`));
      by("offline").hidden = true;
    } catch (error) {
      by("offline").textContent = word(error.status === 404 ? "no_chat" : "offline");
      by("offline").hidden = false;
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
  }
}

// ---- what the person does

function menu(button, list, entries) {
  const close = () => { list.hidden = true; button.setAttribute("aria-expanded", "false"); };
  button.addEventListener("click", () => {
    list.replaceChildren(...entries().map(([key, work]) => make("button", { type: "button", onclick: () => { close(); work(); } }, word(key))));
    list.hidden = !list.hidden;
    button.setAttribute("aria-expanded", String(!list.hidden));
    if (!list.hidden) list.querySelector("button").focus();
  });
  document.addEventListener("click", (event) => button.contains(event.target) || list.contains(event.target) || close());
  document.addEventListener("keydown", (event) => event.key === "Escape" && !list.hidden && (close(), button.focus()));
}

function stopEditing() {
  editing = null;
  by("editing").hidden = true;
  by("write").text.value = "";
}

async function write() {
  const text = by("write").text.value.trim();
  if (!text) return;
  if (editing === null) act("write", { text });
  else act("edit", { message: editing, text });
  stopEditing();
}

translate();
let highest = 0;
by("screen").addEventListener("scroll", ({ target }) => {
  // Only a person scrolls upwards; what grows meanwhile does not.
  if (target.scrollHeight - target.scrollTop - target.clientHeight < 60) atEnd = true;
  else if (target.scrollTop < highest) atEnd = false;
  highest = target.scrollTop;
}, { passive: true });
const growth = new ResizeObserver(stayAtEnd);
growth.observe(by("messages"));
growth.observe(by("screen"));
menu(by("menu-button"), by("menu"), () => [
  [shown.blocked ? "unblock" : "block", () => act(shown.blocked ? "unblock" : "block")],
  ["start", () => act("start")],
]);
menu(by("attach-button"), by("attach"), () => [
  ["file", () => by("file").click()],
  ["voice", () => act("voice")],
  ["location", () => act("location")],
  ["share_phone", () => act("share_phone")],
]);
by("start").addEventListener("submit", (event) => { event.preventDefault(); act("start", { payload: event.target.payload.value }); });
by("unblock").addEventListener("click", () => act("unblock"));
by("cancel").addEventListener("click", stopEditing);
by("write").addEventListener("submit", (event) => { event.preventDefault(); write(); });
by("write").text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); write(); }
});
by("keys-button").addEventListener("click", () => {
  keysWanted = !keysWanted;
  by("keys-button").setAttribute("aria-pressed", String(keysWanted));
  by("keys").hidden = !keysWanted;
});
by("file").addEventListener("change", async () => {
  const form = new FormData();
  for (const file of by("file").files) form.append("file", file);
  form.append("caption", by("write").text.value.trim());
  by("file").value = "";
  stopEditing();
  await ask("POST", `${api}/files`, form).catch((error) => say(error.message));
});
await watch();
