// What the door of Kaskad's site chat says and hears.

export interface Config {
  title: string;
  greeting: string;
  offline: string;
  color: string;
  position: "right" | "left";
  language: "page" | "ru" | "en";
}

export interface Span {
  text: string;
  /** bold, italic, struck, code: the outermost first. */
  styles?: string[];
  href?: string;
}

export interface Attachment {
  kind: "image" | "video" | "audio" | "voice" | "document";
  name: string;
  size: number;
  url: string;
}

export type Button =
  | { kind: "reply"; id: string; text: string }
  | { kind: "url"; text: string; url: string }
  | { kind: "call"; text: string; phone: string }
  | { kind: "share_phone"; text: string }
  | { kind: "share_location"; text: string };

export interface Card {
  title: string;
  text: string;
  image: Attachment | null;
  buttons: Button[];
}

export interface Message {
  id: number;
  revision: number;
  from: "visitor" | "agent" | "bot";
  author: string;
  at: string;
  status: "received" | "sent" | "delivered" | "read";
  client_id: string;
  /** The message whose button this one is the press of. */
  pressed: number | null;
  edited: boolean;
  /** Taken back: it says nothing any more. */
  deleted: boolean;
  text?: Span[];
  attachments?: Attachment[];
  buttons?: Button[];
  cards?: Card[];
  location?: { title: string; url: string };
}

export interface Session {
  token: string;
  config: Config;
  messages: Message[];
  earlier: boolean;
  cursor: string;
  socket: string;
}

/** What the visitor said and the server has not yet echoed. It lives in localStorage, so a reload loses nothing. */
export interface Waiting {
  client_id: string;
  at: string;
  text: string;
  phone?: string;
  button?: { message_id: number; id: string };
  file?: { name: string; size: number; image: boolean };
  /** The server's word for a file that it already has. */
  ticket?: string;
  state: "waiting" | "accepted" | "failed";
  error?: string;
}

/** How the panel reaches Kaskad; the preview in the settings has one of its own, which reaches nobody. */
export interface Place {
  base: string;
  key: string;
}

export interface Mounted {
  open(): void;
  close(): void;
  configure(config: Config): void;
}

export interface Host {
  root: ShadowRoot;
  bubble: HTMLButtonElement;
  place: Place;
  config: Config;
  /** Show how many answers wait behind the closed bubble. */
  badge(unread: number): void;
  /** The panel has opened or closed. */
  toggled(open: boolean): void;
}
