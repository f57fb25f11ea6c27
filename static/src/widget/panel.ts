// The chat itself, fetched when somebody first comes near the bubble.
import { inkOn, readableOn } from "./colors";
import { makeComposer } from "./composer";
import { dress, h, icon } from "./dom";
import { languageOf } from "./language";
import { Log } from "./log";
import type { Look } from "./message_view";
import { CSS } from "./styles";
import { Talk } from "./talk";
import type { Config, Host, Mounted } from "./types";
import { wordsOf } from "./words";

const GROUNDS = { light: "#ffffff", dark: "#171c22" };

export type Spoken = Pick<
  Talk,
  | "state" | "online" | "refusal" | "earlier" | "progress" | "messages" | "waiting" | "unread" | "onChange" | "open" | "say"
  | "press" | "sharePhone" | "sendFile" | "again" | "discard" | "loadEarlier" | "seen" | "isPressed"
>;

export function mount(host: Host, sample?: Spoken): Mounted {
  let { config } = host;
  const talk = sample ?? new Talk(host.place, () => languageOf(config));
  let words = wordsOf(languageOf(config));
  let isOpen = false;
  let pageTitle = "";

  dress(host.root, CSS);
  const title = h("h2", { class: "title", id: "title" });
  const greeting = h("p", { class: "greeting" });
  const closer = h("button", { class: "round", type: "button", click: () => close() }, icon("close"));
  const log = new Log(talk, words.log);
  const note = h("div", { class: "note", hidden: true });
  const strip = h("div", { class: "strip", role: "status", hidden: true });
  const problem = h("div", { class: "strip problem", role: "alert", hidden: true });
  const drop = h("div", { class: "drop", hidden: true });
  const composer = makeComposer(words, {
    key: host.place.key,
    say: (text) => talk.say(text),
    sendFile: (file) => talk.sendFile(file),
    complain,
  });
  const panel = h(
    "section",
    { class: "panel", role: "dialog", "aria-labelledby": "title", hidden: true },
    h("div", { class: "head" }, h("div", { class: "head-words" }, title, greeting), closer),
    log.element,
    note,
    strip,
    problem,
    composer.element,
    drop,
  );
  host.root.prepend(panel);

  function look(): Look {
    return { words, title: config.title, locale: languageOf(config) === "ru" ? "ru-RU" : "en-GB", acts: talk };
  }

  function draw(): void {
    log.draw(look());
    log.element.setAttribute("aria-busy", String(talk.state === "opening"));
    drawNote();
    strip.hidden = talk.online || talk.state !== "ready";
    strip.textContent = strip.hidden ? "" : config.offline || words.offline;
    read();
  }

  function drawNote(): void {
    const empty = talk.messages.length + talk.waiting.length === 0;
    const failed = talk.state === "unreachable" || talk.state === "refused";
    log.element.hidden = empty;
    note.hidden = !empty;
    note.setAttribute("role", failed ? "alert" : "status");
    const text = failed ? talk.refusal || words.unreachable : talk.state === "ready" ? words.empty : words.opening;
    note.replaceChildren(h("p", {}, text));
    if (failed) note.append(h("button", { class: "choice", type: "button", click: () => void talk.open() }, words.tryAgain));
  }

  /** Tell what the visitor has before his eyes, and show what he has not. */
  function read(): void {
    const { unread } = talk;
    if (isOpen && !document.hidden) {
      if (unread.length) talk.seen(unread);
      unread.length = 0;
    }
    host.badge(isOpen ? 0 : unread.length);
    nameTab(unread.length);
  }

  function nameTab(unread: number): void {
    if (unread && !pageTitle) pageTitle = document.title;
    if (unread) document.title = `(${unread}) ${pageTitle}`;
    else if (pageTitle) {
      document.title = pageTitle;
      pageTitle = "";
    }
  }

  function complain(text: string): void {
    problem.hidden = !text;
    problem.textContent = text;
  }

  function configure(now: Config): void {
    config = now;
    words = wordsOf(languageOf(config));
    title.textContent = config.title;
    greeting.textContent = config.greeting;
    greeting.hidden = !config.greeting;
    log.element.setAttribute("aria-label", words.log);
    closer.setAttribute("aria-label", words.close);
    drop.textContent = words.drop;
    composer.speak(words);
    panel.style.setProperty("--brand", config.color);
    panel.style.setProperty("--ink", inkOn(config.color));
    panel.style.setProperty("--accent-light", readableOn(config.color, GROUNDS.light));
    panel.style.setProperty("--accent-dark", readableOn(config.color, GROUNDS.dark));
    draw();
  }

  function open(): void {
    if (isOpen) return;
    isOpen = true;
    panel.hidden = false;
    host.toggled(true);
    fit();
    void talk.open();
    draw();
    log.element.scrollTop = log.element.scrollHeight;
    composer.focus();
  }

  function close(): void {
    if (!isOpen) return;
    isOpen = false;
    panel.hidden = true;
    host.toggled(false);
    host.bubble.focus();
    draw();
  }

  /** Keep the panel between the top of the screen and the on-screen keyboard. */
  function fit(): void {
    const { height = window.innerHeight, offsetTop = 0 } = window.visualViewport ?? {};
    panel.style.setProperty("--height", `${height}px`);
    panel.style.setProperty("--top", `${offsetTop}px`);
  }

  function dragged(event: DragEvent): void {
    const files = [...(event.dataTransfer?.items ?? [])].some(({ kind }) => kind === "file");
    if (!files) return;
    event.preventDefault();
    drop.hidden = event.type === "dragleave" && !panel.contains(event.relatedTarget as Node | null) ? true : event.type === "drop";
    if (event.type === "drop") composer.take([...(event.dataTransfer?.files ?? [])]);
  }

  panel.addEventListener("keydown", (event) => {
    // The site's own shortcuts are not meant for what is typed here.
    event.stopPropagation();
    if (event.key === "Escape" && !event.isComposing) close();
  });
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"] as const) panel.addEventListener(kind, dragged);
  window.visualViewport?.addEventListener("resize", fit);
  window.visualViewport?.addEventListener("scroll", fit);
  document.addEventListener("visibilitychange", read);
  talk.onChange(draw);
  configure(config);
  return { open, close, configure };
}
