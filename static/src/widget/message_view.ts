// One message as an element.
import { h, icon } from "./dom";
import type { Attachment, Button, Card, Message, Span, Waiting } from "./types";
import type { Words } from "./words";

export interface Acts {
  press(message_id: number, button: { id: string; text: string }): void;
  sharePhone(phone: string): void;
  again(client_id: string): void;
  discard(client_id: string): void;
}

export interface Look {
  words: Words;
  locale: string;
  title: string;
  acts: Acts;
}

const TAGS: Record<string, "strong" | "em" | "s" | "code"> = { bold: "strong", italic: "em", struck: "s", code: "code" };
const SAFE = /^(https?:|mailto:|tel:)/i;

export function messageView(message: Message, pressed: boolean, first: boolean, look: Look): HTMLElement {
  const own = message.from === "visitor";
  const view = h("div", { class: own ? "message own" : "message" });
  if (own) view.append(h("span", { class: "quiet" }, `${look.words.you}: `));
  else if (first) view.append(author(message, look));
  if (message.deleted) view.append(h("div", { class: "gone" }, look.words.deleted));
  for (const attachment of message.attachments ?? []) view.append(attachmentView(attachment, look));
  if (message.text) view.append(h("div", { class: "words" }, ...message.text.map(spanView)));
  if (message.location) view.append(link(message.location.url, "file", icon("pin"), message.location.title || look.words.map));
  if (message.cards) view.append(h("div", { class: "cards", tabindex: "0" }, ...message.cards.map((card) => cardView(card, message.id, pressed, look))));
  view.append(...buttonsView(message.buttons ?? [], message.id, pressed, look));
  view.append(h("div", { class: "foot" }, message.edited && !message.deleted && look.words.edited, clock(message.at, look), own && mark("check", look.words.sent)));
  return view;
}

export function waitingView(said: Waiting, progress: number | undefined, look: Look): HTMLElement {
  const view = h("div", { class: "message own" }, h("span", { class: "quiet" }, `${look.words.you}: `));
  if (said.file) view.append(h("div", { class: "file" }, icon("file"), h("span", {}, said.file.name, h("small", {}, size(said.file.size, look)))));
  else view.append(h("div", { class: "words" }, said.text));
  if (progress !== undefined) view.append(h("progress", { max: "1", value: String(progress), "aria-label": said.file?.name ?? "" }));
  view.append(said.state === "failed" ? failure(said, look) : foot(said, look));
  return view;
}

function foot(said: Waiting, look: Look): HTMLElement {
  const accepted = said.state === "accepted";
  return h("div", { class: "foot" }, clock(said.at, look), mark(accepted ? "check" : "clock", accepted ? look.words.sent : look.words.waiting));
}

function failure(said: Waiting, { words, acts }: Look): HTMLElement {
  return h(
    "div",
    { class: "foot failed", role: "alert" },
    icon("alert"),
    `${words.failed}. ${said.error || (said.file ? words.lostFile : words.notSent)}`,
    h("button", { class: "link", type: "button", click: () => acts.again(said.client_id) }, words.tryAgain),
    h("button", { class: "link", type: "button", click: () => acts.discard(said.client_id) }, words.discard),
  );
}

function author({ from, author: name }: Message, { words, title }: Look): HTMLElement {
  return h("div", { class: "author" }, name || (from === "bot" ? title : words.agent), from === "bot" && h("span", { class: "mark" }, words.bot));
}

function clock(at: string, { locale }: Look): HTMLElement {
  return h("time", { datetime: at }, new Date(at).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" }));
}

function mark(name: "check" | "clock", words: string): HTMLElement {
  return h("span", { title: words }, icon(name), h("span", { class: "quiet" }, words));
}

function spanView({ text, styles = [], href }: Span): Node {
  const styled = styles.reduceRight<Node>((inner, style) => {
    const tag = TAGS[style];
    return tag ? h(tag, {}, inner) : inner;
  }, document.createTextNode(text));
  if (!href || !SAFE.test(href)) return styled;
  return h("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, styled);
}

function attachmentView(attachment: Attachment, look: Look): HTMLElement {
  const { kind, url, name } = attachment;
  if (kind === "image") return link(url, "picture", h("img", { src: url, alt: name, loading: "lazy" }));
  if (kind === "video") return h("video", { src: url, controls: true, preload: "metadata", "aria-label": name });
  if (kind === "audio" || kind === "voice") return h("audio", { src: url, controls: true, preload: "metadata", "aria-label": name });
  return link(url, "file", icon("file"), h("span", {}, name, h("small", {}, size(attachment.size, look))));
}

function cardView(card: Card, message_id: number, pressed: boolean, look: Look): HTMLElement {
  return h(
    "div",
    { class: "card" },
    card.image && h("img", { src: card.image.url, alt: "", loading: "lazy" }),
    h("div", {}, h("p", {}, h("strong", {}, card.title)), card.text && h("p", {}, card.text), ...buttonsView(card.buttons, message_id, pressed, look)),
  );
}

function buttonsView(buttons: Button[], message_id: number, pressed: boolean, look: Look): HTMLElement[] {
  const shown = buttons.filter(({ kind }) => kind !== "share_location" && kind !== "share_phone" && !(kind === "reply" && pressed));
  const row = shown.length ? [h("div", { class: "buttons" }, ...shown.map((button) => buttonView(button, message_id, look)))] : [];
  const phone = buttons.find(({ kind }) => kind === "share_phone");
  return phone ? [...row, phoneView(phone.text, look)] : row;
}

function buttonView(button: Button, message_id: number, { acts, words }: Look): HTMLElement {
  if (button.kind === "url") {
    const view = link(button.url, "choice", button.text, h("span", { class: "quiet" }, ` (${words.newTab})`));
    return view;
  }
  if (button.kind === "call") return h("a", { class: "choice", href: `tel:${button.phone}` }, button.text);
  const reply = button as { id: string; text: string };
  return h("button", { class: "choice", type: "button", click: () => acts.press(message_id, reply) }, reply.text);
}

function phoneView(text: string, { acts, words }: Look): HTMLElement {
  const input = h("input", { type: "tel", autocomplete: "tel", inputmode: "tel", required: true, maxlength: "32", "aria-label": words.phone, placeholder: "+7 900 000-00-00" });
  const form = h("form", { class: "ask", novalidate: true }, h("label", {}, text), input, h("button", { class: "choice", type: "submit" }, words.sharePhone));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const digits = input.value.replace(/\D/g, "");
    const bad = digits.length < 7 || digits.length > 15;
    form.querySelector("[role=alert]")?.remove();
    input.setAttribute("aria-invalid", String(bad));
    if (bad) return form.append(h("div", { class: "foot failed", role: "alert" }, words.badPhone));
    acts.sharePhone(input.value.trim());
    input.value = "";
  });
  return form;
}

function link(href: string, kind: string, ...children: (Node | string)[]): HTMLElement {
  if (!SAFE.test(href)) return h("span", { class: kind }, ...children);
  return h("a", { class: kind, href, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children);
}

function size(bytes: number, { locale }: Look): string {
  const [value, unit] = bytes < 1e3 ? [bytes, "byte"] : bytes < 1e6 ? [bytes / 1e3, "kilobyte"] : [bytes / 1e6, "megabyte"];
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 1 }).format(value);
}
