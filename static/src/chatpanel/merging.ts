// Laying rows that come late, twice or out of order over those that are known, so that nothing goes back or doubles.
import type { Conversation, Message, Status, ThreadEvent } from "./types";

const RANK: Record<Status, number> = {
  queued: 0,
  sending: 1,
  canceled: 2,
  rejected: 2,
  unreachable: 2,
  uncertain: 3,
  sent: 4,
  delivered: 5,
  read: 6,
  received: 9,
};

export function withConversations(known: Map<number, Conversation>, news: Conversation[]): Map<number, Conversation> {
  if (news.length === 0) return known;
  const merged = new Map(known);
  for (const row of news) {
    const old = merged.get(row.id);
    if (!old || row.revision >= old.revision) merged.set(row.id, row);
  }
  return merged;
}

export function withMessages(known: Map<number, Message>, news: Message[]): Map<number, Message> {
  if (news.length === 0) return known;
  const merged = new Map(known);
  for (const row of news) {
    const old = merged.get(row.id);
    if (!old || isNewer(row, old)) merged.set(row.id, row);
  }
  return merged;
}

// Within one revision a status only rises. A later revision is believed: a retry starts again from the bottom.
function isNewer(row: Message, old: Message): boolean {
  if (row.revision !== old.revision) return row.revision > old.revision;
  return RANK[row.status] >= RANK[old.status];
}

export function withEvents(known: Map<number, ThreadEvent>, news: ThreadEvent[]): Map<number, ThreadEvent> {
  if (news.length === 0) return known;
  const merged = new Map(known);
  for (const row of news) merged.set(row.id, row);
  return merged;
}
