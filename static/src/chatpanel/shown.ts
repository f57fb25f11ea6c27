// Which conversations the list shows, in which order: the same rules as chatpanel/listing.py, for rows that come live.
import type { State } from "./store";
import type { Conversation, Filters } from "./types";

export function shown(state: State, me: number): Conversation[] {
  const { filters, found, after } = state;
  const rows = [...state.conversations.values()].filter((row) => belongs(row, filters, me) && (!found || found.has(row.id)));
  rows.sort((a, b) => compare(a, b, filters.sort));
  return after ? rows.filter((row) => !isBeyond(row, after, filters.sort)) : rows;
}

export function needsPerson(row: Conversation): boolean {
  return row.owner === "person" || row.waiting_since !== null;
}

function belongs(row: Conversation, filters: Filters, me: number): boolean {
  if (filters.state && row.state !== filters.state) return false;
  if (filters.channel !== null && row.channel.id !== filters.channel) return false;
  if (filters.sort === "wait" && !row.waiting_since) return false;
  switch (filters.folder) {
    case "unassigned":
      return !row.assignee && needsPerson(row);
    case "mine":
      return row.assignee?.id === me;
    case "bot":
      return row.owner === "bot";
    case "all":
      return true;
  }
}

function place(row: Conversation, sort: Filters["sort"]): number {
  return Date.parse((sort === "wait" ? row.waiting_since : row.last_message_at) ?? "") || 0;
}

function compare(a: Conversation, b: Conversation, sort: Filters["sort"]): number {
  const direction = sort === "wait" ? 1 : -1;
  return direction * (place(a, sort) - place(b, sort) || a.id - b.id);
}

// Below the last row that was loaded others may be missing in between: what belongs there waits for its page.
function isBeyond(row: Conversation, after: string, sort: Filters["sort"]): boolean {
  const [moment = "", id = ""] = after.split(",");
  const direction = sort === "wait" ? 1 : -1;
  return direction * (place(row, sort) - Date.parse(moment) || row.id - Number(id)) > 0;
}
