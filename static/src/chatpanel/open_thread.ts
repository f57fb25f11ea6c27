// What the panel knows of the conversation that is open, and where in it the new begins. For the store.
import type { Card, Message, OpenedThread, ThreadEvent } from "./types";

export interface Thread {
  id: number;
  state: "loading" | "ready" | "failed" | "absent";
  messages: Map<number, Message>;
  events: Map<number, ThreadEvent>;
  before: number | null;
  loadingOlder: boolean;
  card: Card | null;
  newAfter: number | null; // the last message that had been seen when the conversation was opened
}

/** A conversation of which nothing has come yet. */
export function blank(id: number): Thread {
  return {
    id,
    state: "loading",
    messages: new Map(),
    events: new Map(),
    before: null,
    loadingOlder: false,
    card: null,
    newAfter: null,
  };
}

/** The last message before those of the person's that nobody has seen; null when all were seen. */
export function firstNew(opened: OpenedThread): number | null {
  const { unread } = opened.conversation;
  const heard = opened.messages.filter((row) => row.direction === "in");
  const first = heard[Math.max(0, heard.length - unread)];
  return unread && first ? first.id - 1 : null;
}

/** While the window is out of sight, what comes is new "since you looked". */
export function unseenFrom(thread: Thread, messages: Map<number, Message>): number | null {
  if (!document.hidden || thread.state !== "ready" || messages === thread.messages) return null;
  const known = Math.max(0, ...thread.messages.keys());
  const heard = [...messages.values()].some((row) => row.id > known && row.direction === "in");
  return heard ? known : null;
}
