// The shapes that the panel's endpoints and events speak in: see chatpanel/payloads.py.

export interface Person {
  id: number;
  name: string;
}

export interface Conversation {
  id: number;
  revision: number;
  contact: { id: number; name: string; phone: string; email: string; picture: string };
  channel: { id: number; kind: string; name: string; edits: boolean; deletes: boolean; subjects: boolean; templates: boolean; paid: boolean }; // what was sent
  subscriber: "active" | "unsubscribed" | "blocked";
  answer_until: string | null; // the messenger lets nothing through afterwards
  owner: "bot" | "person";
  assignee: Person | null;
  state: "open" | "closed";
  unread: number;
  waiting_since: string | null;
  last_message_at: string | null;
  last: { id: number; direction: "in" | "out"; source: string; text: string; file: string | null; deleted: boolean } | null;
}

export type Status =
  | "received"
  | "queued"
  | "sending"
  | "sent"
  | "delivered"
  | "read"
  | "unreachable"
  | "rejected"
  | "canceled"
  | "uncertain";

export interface Span {
  text: string;
  styles: string[];
  href: string;
}

export interface Attachment {
  kind: "image" | "video" | "audio" | "voice" | "document";
  name: string;
  size: number;
  type: string;
  state: "stored" | "remote" | "lost"; // a person's file is fetched from his messenger
  url: string;
}

export interface Message {
  id: number;
  conversation: number;
  revision: number;
  client_id: string;
  direction: "in" | "out";
  source: "contact" | "bot" | "member" | "broadcast" | "api";
  author: Person | null;
  flow: string | null;
  status: Status;
  reason: string;
  attempts: number;
  retriable: boolean;
  correctable: boolean; // stands with the person as one message, where its channel edits or deletes
  at: string;
  edited_at: string | null;
  deleted_at: string | null;
  content: {
    subject: string;
    spans: Span[];
    attachments: Attachment[];
    buttons: { kind: string; text: string; url: string }[];
    cards: { title: string; text: string; image: Attachment | null }[];
    location: { latitude: number; longitude: number; title: string } | null;
  };
}

export interface ThreadEvent {
  id: number;
  conversation: number;
  kind: "taken_over" | "given_back" | "assigned" | "closed" | "reopened" | "note";
  actor: Person | null;
  subject: Person | null;
  text: string;
  after: number;
  client_id: string;
  at: string;
}

export interface Attempt {
  number: number;
  started_at: string;
  finished_at: string | null;
  outcome: string;
  reason: string;
}

export interface Card {
  first_seen: string;
  language: string;
  time_zone: string;
  context: Record<string, unknown>;
  run: { flow: string; state: string; at: string } | null;
}

// What most answers and events may carry.
export interface Changes {
  conversations?: Conversation[];
  messages?: Message[];
  events?: ThreadEvent[];
  unread?: Record<string, number>;
}

export interface Missed extends Changes {
  cursor: number;
  conversation: number | null; // the one whose lines were asked for
  reload_list: boolean;
  reload_thread: boolean;
  viewers: number[];
}

export interface ListPage extends Changes {
  conversations: Conversation[];
  after: string;
  cursor: number;
}

export interface ThreadPage extends Changes {
  messages: Message[];
  events: ThreadEvent[];
  before: number | null;
}

export interface OpenedThread extends ThreadPage {
  conversation: Conversation;
  card: Card;
  viewers: number[];
}

export interface Boot {
  me: Person;
  members: Person[];
  channels: { id: number; kind: string; name: string }[];
  open: number | null;
  timeZone: string;
  root: string;
  data: string;
  socket: string;
  connectUrl: string | null;
  mayEditContacts: boolean;
  files: { count: number; size: number };
  reasons: Record<string, string>; // why messages do not arrive, by code
  library: string;
}

export type Folder = "unassigned" | "mine" | "bot" | "all";

export interface Filters {
  folder: Folder;
  state: "open" | "closed" | "";
  channel: number | null;
  sort: "newest" | "wait";
  search: string;
}
