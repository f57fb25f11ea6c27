// The true widget with a made-up talk, for the channel's settings: it asks the server nothing and tells it nothing.
import { makeBubble } from "./bubble";
import { languageOf } from "./language";
import { mount, type Spoken } from "./panel";
import type { Config, Message } from "./types";

const SAMPLE = {
  ru: { question: "Здравствуйте! Доставите завтра?", answer: "Да, с 10 до 18. Какой у вас город?", author: "Анна", cities: ["Москва", "Казань"] },
  en: { question: "Hello! Can you deliver tomorrow?", answer: "Yes, from 10 to 18. Which city are you in?", author: "Anna", cities: ["London", "Leeds"] },
};

class SampleTalk implements Spoken {
  state = "ready" as const;
  online = true;
  refusal = "";
  earlier = false;
  progress = new Map<string, number>();
  waiting = [];
  unread = [];
  #listeners: (() => void)[] = [];
  #said: string[] = [];

  constructor(private readonly config: () => Config) {}

  get messages(): Message[] {
    const { question, answer, author, cities } = SAMPLE[languageOf(this.config())];
    const buttons = cities.map((text, number) => ({ kind: "reply" as const, id: String(number), text }));
    return [
      this.#message(1, "visitor", question),
      { ...this.#message(2, "agent", answer), author, buttons },
      ...this.#said.map((text, number) => this.#message(number + 3, "visitor", text)),
    ];
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }
  say(text: string): void {
    this.#said.push(text);
    for (const listener of this.#listeners) listener();
  }
  press(_message: number, button: { text: string }): void {
    this.say(button.text);
  }
  isPressed(id: number): boolean {
    return id === 2 && this.#said.length > 0;
  }
  async open(): Promise<void> {}
  async sendFile(): Promise<void> {}
  async loadEarlier(): Promise<void> {}
  sharePhone(): void {}
  again(): void {}
  discard(): void {}
  seen(): void {}

  #message(id: number, from: Message["from"], text: string): Message {
    return { id, revision: 0, from, author: "", at: new Date().toISOString(), status: "read", client_id: "", pressed: null, edited: false, deleted: false, text: [{ text }] };
  }
}

function start(config: Config): (config: Config) => void {
  let current = config;
  const talk = new SampleTalk(() => current);
  const bubble = makeBubble(
    () => (bubble.button.getAttribute("aria-expanded") === "true" ? mounted.close() : mounted.open()),
    () => undefined,
  );
  bubble.configure(config);
  const mounted = mount(
    { root: bubble.root, bubble: bubble.button, place: { base: "", key: "preview" }, config, badge: bubble.badge, toggled: bubble.expanded },
    talk,
  );
  mounted.open();
  return (now) => {
    current = now;
    bubble.configure(now);
    mounted.configure(now);
  };
}

let configure: ((config: Config) => void) | null = null;
window.addEventListener("message", (event: MessageEvent<{ kaskadPreview?: Config }>) => {
  const config = event.data?.kaskadPreview;
  if (event.origin !== location.origin || !config) return;
  if (configure) configure(config);
  else configure = start(config);
});
window.parent.postMessage({ kaskadPreviewReady: true }, location.origin);
