// The round button in the corner: all that a page carries until somebody wants to talk.
import { inkOn } from "./colors";
import { dress, h, icon } from "./dom";
import { languageOf } from "./language";
import type { Config } from "./types";

const WORDS = {
  ru: { open: "Открыть чат", close: "Закрыть чат", unread: "непрочитанных сообщений:" },
  en: { open: "Open chat", close: "Close chat", unread: "unread messages:" },
};

const CSS = `
:host { all: initial !important; position: fixed !important; z-index: 2147483000 !important; inset: auto !important;
  bottom: 0 !important; display: block !important; font: 400 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif !important; }
:host([data-side="right"]) { right: 0 !important; }
:host([data-side="left"]) { left: 0 !important; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
.bubble { position: fixed; bottom: calc(20px + env(safe-area-inset-bottom)); width: 56px; height: 56px; padding: 0; border: 0;
  border-radius: 50%; cursor: pointer; background: var(--brand); color: var(--ink); box-shadow: 0 4px 16px rgb(0 0 0 / .24);
  transition: transform .15s ease; }
:host([data-side="right"]) .bubble { right: calc(20px + env(safe-area-inset-right)); }
:host([data-side="left"]) .bubble { left: calc(20px + env(safe-area-inset-left)); }
.bubble:hover { transform: scale(1.05); }
.bubble:focus-visible { outline: 3px solid var(--brand); outline-offset: 3px; box-shadow: 0 0 0 3px #fff, 0 4px 16px rgb(0 0 0 / .24); }
.bubble svg { width: 26px; height: 26px; display: block; margin: auto; }
svg { fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.bubble[aria-expanded="true"] .bubble-open, .bubble[aria-expanded="false"] .bubble-close { display: none; }
.badge { position: absolute; top: -2px; inset-inline-end: -2px; min-width: 20px; height: 20px; padding: 0 5px; border-radius: 10px;
  background: #c81e1e; color: #fff; font-size: 12px; font-weight: 600; line-height: 20px; text-align: center; }
@media (prefers-reduced-motion: reduce) { .bubble { transition: none; } .bubble:hover { transform: none; } }
@media print { :host { display: none !important; } }
`;

export interface Bubble {
  root: ShadowRoot;
  button: HTMLButtonElement;
  configure(config: Config): void;
  badge(unread: number): void;
  expanded(open: boolean): void;
  remove(): void;
}

export function makeBubble(pressed: () => void, near: () => void): Bubble {
  const host = document.createElement("kaskad-chat");
  const root = host.attachShadow({ mode: "open" });
  dress(root, CSS);
  const badge = h("span", { class: "badge", hidden: true, "aria-hidden": "true" });
  const open = icon("chat");
  const close = icon("close");
  open.classList.add("bubble-open");
  close.classList.add("bubble-close");
  const button = h(
    "button",
    { class: "bubble", type: "button", "aria-expanded": "false", "aria-haspopup": "dialog", click: pressed, pointerenter: near, focus: near },
    open,
    close,
    badge,
  );
  root.append(button);
  let words: { open: string; close: string; unread: string } = WORDS.en;
  let unread = 0;

  function label(): void {
    const expanded = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-label", expanded ? words.close : unread ? `${words.open} (${words.unread} ${unread})` : words.open);
  }

  return {
    root,
    button,
    configure(config) {
      words = WORDS[languageOf(config)];
      host.dataset.side = config.position;
      host.lang = languageOf(config);
      button.style.setProperty("--brand", config.color);
      button.style.setProperty("--ink", inkOn(config.color));
      if (!host.isConnected) document.body.append(host);
      label();
    },
    badge(count) {
      unread = count;
      badge.textContent = count > 99 ? "99+" : String(count);
      badge.hidden = count === 0;
      label();
    },
    expanded(isOpen) {
      button.setAttribute("aria-expanded", String(isOpen));
      label();
    },
    remove: () => host.remove(),
  };
}
