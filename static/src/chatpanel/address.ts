// What the address tells: which conversation is open, and which list stands beside it. What is usual is left out of it.
import type { Boot, Filters } from "./types";

export const USUAL: Filters = { folder: "all", state: "open", channel: null, sort: "newest", search: "" };

const FOLDERS: readonly string[] = ["unassigned", "mine", "bot", "all"];
const STATES = new Map<string | null, Filters["state"]>([
  ["open", "open"],
  ["closed", "closed"],
  ["any", ""],
]);
const LONGEST_SEARCH = 100;

/** The address of a conversation, or of the list alone, with the list as it is filtered. */
export function addressOf(boot: Boot, id: number | null, filters: Filters): string {
  const query = new URLSearchParams();
  if (filters.folder !== USUAL.folder) query.set("folder", filters.folder);
  if (filters.state !== USUAL.state) query.set("state", filters.state || "any");
  if (filters.channel !== null) query.set("channel", String(filters.channel));
  if (filters.sort !== USUAL.sort) query.set("sort", filters.sort);
  if (filters.search) query.set("search", filters.search);
  return boot.root + (id === null ? "" : `${id}/`) + (query.size ? `?${query}` : "");
}

/** Which conversation the address names. */
export function addressed(boot: Boot): number | null {
  const rest = location.pathname.slice(boot.root.length);
  return /^\d+\/$/.test(rest) ? Number.parseInt(rest, 10) : null;
}

/** How the address filters the list; what it says and nobody knows is as if it were not said. */
export function filtersAddressed(boot: Boot): Filters {
  const query = new URLSearchParams(location.search);
  const folder = query.get("folder") ?? "";
  const channel = boot.channels.find((one) => String(one.id) === query.get("channel"));
  return {
    folder: FOLDERS.includes(folder) ? (folder as Filters["folder"]) : USUAL.folder,
    state: STATES.get(query.get("state")) ?? USUAL.state,
    channel: channel?.id ?? null,
    sort: query.get("sort") === "wait" ? "wait" : USUAL.sort,
    search: (query.get("search") ?? "").slice(0, LONGEST_SEARCH).trim(),
  };
}
