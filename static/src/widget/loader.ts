// The script of the snippet: draws the bubble, and fetches the chat itself when somebody comes near it.
import { makeBubble } from "./bubble";
import { read, readJson, write } from "./storage";
import type { Config, Host, Mounted, Place } from "./types";

declare global {
  interface Window {
    Kaskad?: { open(): void; close(): void };
  }
}

// The server puts the panel's address here, which changes with its content.
const PANEL = "__PANEL__";
const UNREAD_EVERY = 60_000;

function start(place: Place): void {
  let config = readJson<Config>(place.key, "config");
  let panel: Promise<Mounted> | null = null;
  const bubble = makeBubble(
    () => void open((mounted) => (bubble.button.getAttribute("aria-expanded") === "true" ? mounted.close() : mounted.open())),
    () => void load().catch(() => undefined),
  );

  async function load(): Promise<Mounted> {
    panel ??= (import(/* @vite-ignore */ place.base + PANEL) as Promise<{ mount(host: Host): Mounted }>)
      .then(({ mount }) =>
        mount({ root: bubble.root, bubble: bubble.button, place, config: config as Config, badge: bubble.badge, toggled: bubble.expanded }),
      )
      .catch((error: unknown) => {
        panel = null;
        throw error;
      });
    return panel;
  }

  async function open(act: (mounted: Mounted) => void): Promise<void> {
    bubble.button.setAttribute("aria-busy", "true");
    try {
      act(await load());
    } catch {
      console.warn("Kaskad: the chat could not be loaded. Check the connection, and that the page's policy lets scripts from", place.base);
    }
    bubble.button.removeAttribute("aria-busy");
  }

  async function configure(): Promise<void> {
    const answer = await ask(place, "config");
    if (answer === null) return;
    if (!answer.ok) {
      write(place.key, "config", "");
      bubble.remove();
      console.warn("Kaskad:", ((await answer.json()) as { error: { message: string } }).error.message);
      return;
    }
    config = (await answer.json()) as Config;
    write(place.key, "config", JSON.stringify(config));
    bubble.configure(config);
    if (panel) (await panel).configure(config);
  }

  // Only somebody who has talked here before may have an answer waiting.
  async function lookForAnswers(): Promise<void> {
    const token = read(place.key, "token");
    if (panel) return;
    if (token && !document.hidden) {
      const answer = await ask(place, "unread", token);
      if (answer?.ok && !panel) bubble.badge(((await answer.json()) as { unread: number }).unread);
    }
    setTimeout(() => void lookForAnswers(), UNREAD_EVERY);
  }

  if (config) bubble.configure(config);
  void configure();
  void lookForAnswers();
  window.Kaskad = {
    open: () => void open((mounted) => mounted.open()),
    close: () => void panel?.then((mounted) => mounted.close()),
  };
}

async function ask(place: Place, what: string, token = ""): Promise<Response | null> {
  try {
    return await fetch(`${place.base}/chat/${place.key}/${what}`, {
      credentials: "omit",
      headers: token ? { Authorization: `Bearer ${token}` } : {},
    });
  } catch {
    return null;
  }
}

function whenIdle(act: () => void): void {
  const later = (): void => void (window.requestIdleCallback?.(act, { timeout: 2000 }) ?? setTimeout(act, 1));
  if (document.readyState === "complete") later();
  else window.addEventListener("load", later, { once: true });
}

const script = document.currentScript as HTMLScriptElement | null;
const key = script?.dataset.key;
if (script && key && !window.Kaskad) {
  const place = { base: new URL(script.src).origin, key };
  whenIdle(() => start(place));
} else if (!key) {
  console.warn("Kaskad: the chat's script tag has no data-key.");
}
