// What stands in a thread, in order: days, messages, what happened in between, what is about to be sent.
import { dayKey } from "@shared/format";
import type { Thread } from "./open_thread";
import type { Outgoing } from "./outgoing";
import type { Message, ThreadEvent } from "./types";

export type Line =
  | { kind: "day"; key: string; at: string }
  | { kind: "new"; key: string }
  | { kind: "message"; key: string; message: Message; follows: boolean }
  | { kind: "event"; key: string; event: ThreadEvent }
  | { kind: "outgoing"; key: string; outgoing: Outgoing };

const TOGETHER = 5 * 60_000;

export function linesOf(thread: Thread, outgoing: Outgoing[]): Line[] {
  const messages = [...thread.messages.values()].sort((a, b) => a.id - b.id);
  const oldest = messages[0]?.id ?? 0;
  const events = [...thread.events.values()]
    .filter((event) => thread.before === null || event.after >= oldest)
    .sort((a, b) => a.after - b.after || a.id - b.id);
  const lines = new Lines(thread.newAfter);
  let next = 0;
  for (const message of messages) {
    for (; next < events.length && events[next]!.after < message.id; next++) lines.event(events[next]!);
    lines.message(message);
  }
  for (; next < events.length; next++) lines.event(events[next]!);
  for (const one of outgoing) if (one.conversation === thread.id) lines.outgoing(one);
  return lines.all;
}

class Lines {
  readonly all: Line[] = [];
  private day = "";
  private last: Message | null = null;
  private marked = false;

  constructor(private readonly newAfter: number | null) {}

  message(message: Message): void {
    this.newDay(message.at);
    if (this.newAfter !== null && !this.marked && message.id > this.newAfter && message.direction === "in") {
      this.marked = true;
      this.last = null;
      this.all.push({ kind: "new", key: "new" });
    }
    this.all.push({ kind: "message", key: `m${message.id}`, message, follows: this.follows(message) });
    this.last = message;
  }

  event(event: ThreadEvent): void {
    this.newDay(event.at);
    this.last = null;
    this.all.push({ kind: "event", key: `e${event.id}`, event });
  }

  outgoing(outgoing: Outgoing): void {
    this.newDay(outgoing.at);
    this.all.push({ kind: "outgoing", key: outgoing.clientId, outgoing });
  }

  private newDay(at: string): void {
    const day = dayKey(at);
    if (day === this.day) return;
    this.day = day;
    this.last = null;
    this.all.push({ kind: "day", key: `d${day}-${this.all.length}`, at });
  }

  private follows(message: Message): boolean {
    const { last } = this;
    if (!last || last.source !== message.source || last.author?.id !== message.author?.id || last.flow !== message.flow) return false;
    return Date.parse(message.at) - Date.parse(last.at) < TOGETHER;
  }
}
