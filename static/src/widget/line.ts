// The line to Kaskad: a WebSocket where it is let through, else questions every few seconds; either way nothing is missed,
// because each connection begins with "what has changed since".
import type { Message } from "./types";

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;
const ASK_SEEN = 3_000;
const ASK_HIDDEN = 20_000;
const CHECK_EVERY = 20_000;
const UNKNOWN_VISITOR = 4401;

interface Ends {
  address: string;
  token(): string;
  cursor(): string;
  take(messages: Message[], cursor?: string): void;
  /** Ask over HTTP what has changed. Rejects when there is no connection. */
  ask(): Promise<void>;
  /** The token is no longer good. */
  forgotten(): void;
}

export class Line {
  #socket: WebSocket | null = null;
  #open = false;
  #heard = 0;
  #failures = 0;
  #reconnect = 0;
  #ask = 0;

  constructor(private readonly ends: Ends) {
    window.addEventListener("online", () => this.#now());
    document.addEventListener("visibilitychange", () => !document.hidden && this.#now());
    setInterval(() => this.#check(), CHECK_EVERY);
    this.#connect();
    this.#askLater();
  }

  #connect(): void {
    clearTimeout(this.#reconnect);
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.ends.address);
    } catch {
      this.#later();
      return;
    }
    this.#socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", token: this.ends.token(), since: this.ends.cursor() }));
    socket.onmessage = (event) => {
      this.#open = true;
      this.#failures = 0;
      this.#heard = Date.now();
      const told = JSON.parse(String(event.data)) as { type: string; messages?: Message[]; cursor?: string };
      if (told.type === "messages") this.ends.take(told.messages ?? [], told.cursor);
    };
    socket.onclose = (event) => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#open = false;
      if (event.code === UNKNOWN_VISITOR) this.ends.forgotten();
      this.#later();
      this.#askLater();
    };
  }

  #later(): void {
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures++);
    this.#reconnect = window.setTimeout(() => this.#connect(), longest * (0.5 + Math.random() / 2));
  }

  /** A socket may be dead without knowing: it must answer a question between two checks. */
  #check(): void {
    if (!this.#socket || this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#heard && Date.now() - this.#heard > 2.5 * CHECK_EVERY) this.#socket.close();
    else this.#socket.send(JSON.stringify({ type: "since", since: this.ends.cursor() }));
  }

  #now(): void {
    if (this.#open) return this.#check();
    this.#failures = 0;
    if (!this.#socket) this.#connect();
    clearTimeout(this.#ask);
    void this.#askNow();
  }

  /** A question that is due already stays so: failing sockets must not put it off for ever. */
  #askLater(): void {
    if (!this.#open && !this.#ask) this.#ask = window.setTimeout(() => void this.#askNow(), document.hidden ? ASK_HIDDEN : ASK_SEEN);
  }

  async #askNow(): Promise<void> {
    this.#ask = 0;
    if (!this.#open) await this.ends.ask().catch(() => undefined);
    this.#askLater();
  }
}
