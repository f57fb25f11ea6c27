// The list of messages. Elements stay where they are and only what changed is drawn anew, so that a screen reader hears
// each message once and nobody's place is lost.
import { h } from "./dom";
import { messageView, waitingView, type Look } from "./message_view";
import type { Talk } from "./talk";
import type { Message } from "./types";

interface Row {
  key: string;
  /** What the element was drawn from: the same again needs no drawing. */
  drawn: string;
  draw(): HTMLElement;
}

const DAY = 86_400_000;
const NEAR_END = 80;

export class Log {
  readonly element: HTMLElement;
  readonly #rows = new Map<string, { drawn: string; element: HTMLElement }>();

  constructor(
    private readonly talk: Pick<Talk, "messages" | "waiting" | "progress" | "earlier" | "loadEarlier" | "isPressed">,
    label: string,
  ) {
    this.element = h("div", { class: "log", role: "log", "aria-label": label, tabindex: "0" });
  }

  draw(look: Look): void {
    const { element } = this;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
    const fromEnd = element.scrollHeight - element.scrollTop;
    const first = element.firstElementChild;
    const rows = this.#wanted(look);
    const kept = new Set(rows.map(({ key }) => key));
    for (const [key, { element: old }] of this.#rows) {
      if (!kept.has(key)) {
        old.remove();
        this.#rows.delete(key);
      }
    }
    let before: Element | null = null;
    for (const row of rows) before = this.#place(row, before);
    const own = rows.at(-1)?.key.startsWith("own") ?? false;
    if (atEnd || (own && this.#lastOwn !== rows.at(-1)?.key)) element.scrollTop = element.scrollHeight;
    else if (first !== element.firstElementChild) element.scrollTop = element.scrollHeight - fromEnd;
    this.#lastOwn = rows.at(-1)?.key ?? "";
  }
  #lastOwn = "";

  #place(row: Row, before: Element | null): HTMLElement {
    const known = this.#rows.get(row.key);
    const element = known?.drawn === row.drawn ? known.element : row.draw();
    if (known && known.element !== element) known.element.replaceWith(element);
    const place = before ? before.nextElementSibling : this.element.firstElementChild;
    if (place !== element) this.element.insertBefore(element, place);
    this.#rows.set(row.key, { drawn: row.drawn, element });
    return element;
  }

  #wanted(look: Look): Row[] {
    const { talk } = this;
    const rows: Row[] = [];
    if (talk.earlier) rows.push({ key: "earlier", drawn: "", draw: () => this.#earlier(look) });
    let day = "";
    let speaker = "";
    const separate = (at: string): void => {
      const name = dayName(new Date(at), look);
      if (name !== day) rows.push({ key: `day-${new Date(at).toDateString()}`, drawn: name, draw: () => h("div", { class: "day" }, name) });
      if (name !== day) speaker = "";
      day = name;
    };
    for (const message of talk.messages) {
      separate(message.at);
      const who = `${message.from} ${message.author}`;
      const isFirst = who !== speaker;
      const pressed = talk.isPressed(message.id);
      speaker = who;
      rows.push({ key: keyOf(message), drawn: `${shape(message)} ${pressed} ${isFirst} ${look.title} ${look.locale}`, draw: () => messageView(message, pressed, isFirst, look) });
    }
    for (const said of talk.waiting) {
      separate(said.at);
      const progress = talk.progress.get(said.client_id);
      rows.push({ key: `own-${said.client_id}`, drawn: JSON.stringify([said, progress, look.locale]), draw: () => waitingView(said, progress, look) });
    }
    return rows;
  }

  #earlier({ words }: Look): HTMLElement {
    const button = h("button", { class: "link", type: "button" }, words.earlier);
    button.addEventListener("click", () => {
      button.disabled = true;
      void this.talk.loadEarlier().catch(() => undefined).finally(() => (button.disabled = false));
    });
    return h("div", { class: "day" }, button);
  }
}

/** The same element for what waits and for its echo. */
function keyOf(message: Message): string {
  return message.client_id ? `own-${message.client_id}` : `message-${message.id}`;
}

/** What of a message can be seen to change: its revision also rises when only its status does. */
function shape({ id, text, buttons, edited, deleted }: Message): string {
  return JSON.stringify([id, text, buttons?.length, edited, deleted]);
}

function dayName(date: Date, { words, locale }: Look): string {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / DAY);
  if (days <= 0) return words.today;
  if (days === 1) return words.yesterday;
  const sameYear = date.getFullYear() === new Date().getFullYear();
  return date.toLocaleDateString(locale, { day: "numeric", month: "long", ...(!sameYear && { year: "numeric" }) });
}
