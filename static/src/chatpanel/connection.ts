// The line to the server: events come over a socket; while it is down, plain requests ask for what was missed.
import { LiveSocket } from "@shared/live_socket";
import { RequestError } from "@shared/request";
import { ask, SignedOut } from "./api";
import type { Changes, Missed, Person } from "./types";

export type LineState = "connecting" | "live" | "lost" | "gone";

export interface Listener {
  cursor(): number | null;
  openConversation(): number | null;
  changes(changes: Changes): void;
  missed(missed: Missed): void;
  viewers(conversation: number, people: number[]): void;
  typing(conversation: number, person: Person): void;
  line(state: LineState): void;
}

type Heard =
  | ({ type: "since" } & Missed)
  | ({ type: "changes" } & Changes)
  | { type: "ask" }
  | { type: "viewers"; conversation: number; people: number[] }
  | { type: "typing"; conversation: number; person: Person };

const BEAT = 20_000;
const ANSWER_WITHIN = 10_000;
const POLL = 4_000;

export class Connection {
  private readonly socket: LiveSocket;
  private readonly beat: number;
  private live = false;
  private deadline = 0;
  private poll = 0;
  private asking = 0;

  constructor(
    socketPath: string,
    private readonly sinceAddress: string,
    private readonly listener: Listener,
  ) {
    this.socket = new LiveSocket(socketPath, {
      onEvent: (event) => this.heard(event as Heard),
      onOpen: () => this.opened(),
      onState: (connected) => this.turned(connected),
      onRefused: () => this.end(),
    });
    this.beat = window.setInterval(() => this.since(), BEAT);
    document.addEventListener("visibilitychange", this.wake);
  }

  stop(): void {
    window.clearInterval(this.beat);
    for (const timer of [this.deadline, this.poll, this.asking]) window.clearTimeout(timer);
    document.removeEventListener("visibilitychange", this.wake);
    this.socket.close();
  }

  look(conversation: number | null): void {
    this.socket.send({ type: "look", conversation });
  }

  typing(conversation: number): void {
    this.socket.send({ type: "typing", conversation });
  }

  /** Ask for what changed since the cursor. An answer that does not come means that the line is dead. */
  since(): void {
    const cursor = this.listener.cursor();
    if (cursor === null || !this.live) return;
    this.socket.send({ type: "since", cursor, conversation: this.listener.openConversation() });
    window.clearTimeout(this.deadline);
    this.deadline = window.setTimeout(() => this.socket.renew(), ANSWER_WITHIN);
  }

  private opened(): void {
    this.since();
    this.look(this.listener.openConversation());
  }

  private turned(connected: boolean): void {
    this.live = connected;
    window.clearTimeout(this.deadline);
    window.clearTimeout(this.poll);
    this.listener.line(connected ? "live" : "lost");
    if (!connected) this.poll = window.setTimeout(() => void this.pollOnce(), POLL);
  }

  private heard(event: Heard): void {
    switch (event.type) {
      case "since":
        window.clearTimeout(this.deadline);
        this.listener.missed(event);
        break;
      case "changes":
        this.listener.changes(event);
        break;
      case "viewers":
        this.listener.viewers(event.conversation, event.people);
        break;
      case "typing":
        this.listener.typing(event.conversation, event.person);
        break;
      case "ask":
        // Many panels are told at once: they do not all ask at once.
        window.clearTimeout(this.asking);
        this.asking = window.setTimeout(() => this.since(), 500 + Math.random() * 3000);
    }
  }

  private async pollOnce(): Promise<void> {
    const cursor = this.listener.cursor();
    if (cursor !== null) {
      try {
        const conversation = this.listener.openConversation() ?? "";
        this.listener.missed(await ask<Missed>(`${this.sinceAddress}?cursor=${cursor}&conversation=${conversation}`));
      } catch (error) {
        if (error instanceof SignedOut) return this.end();
        if (error instanceof RequestError && (error.status === 403 || error.status === 404)) return this.end();
      }
    }
    if (!this.live) this.poll = window.setTimeout(() => void this.pollOnce(), POLL);
  }

  private end(): void {
    this.stop();
    this.listener.line("gone");
  }

  private readonly wake = (): void => {
    if (!document.hidden) this.since();
  };
}
