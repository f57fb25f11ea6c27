// What a person has typed and what has not surely left: kept in the browser, so that no reload or lost line loses a word.
import type { Attachment } from "./types";

export interface Uploaded extends Attachment {
  id: number;
}

export interface Draft {
  subject: string;
  text: string;
  note: boolean;
  files: Uploaded[];
}

export interface Outgoing {
  clientId: string;
  conversation: number;
  subject: string;
  text: string;
  files: Uploaded[];
  note: boolean;
  seen: number | null;
  knownAssignee: number | null;
  at: string;
  // "asks": the server wants to know whether to send it all the same. "refused": it cannot go as it is.
  state: "sending" | "waiting" | "asks" | "refused";
  problem: string;
  code: string;
}

const PREFIX = "kaskad.chats";

export const EMPTY: Draft = { subject: "", text: "", note: false, files: [] };

export function newClientId(): string {
  return crypto.randomUUID?.() ?? `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
}

export class Keeping {
  constructor(private readonly scope: string) {}

  draft(conversation: number): Draft {
    return { ...EMPTY, ...this.read<Draft>(this.key("draft", conversation)) };
  }

  keepDraft(conversation: number, draft: Draft): void {
    const empty = !draft.subject && !draft.text && draft.files.length === 0;
    this.write(this.key("draft", conversation), empty ? null : draft);
  }

  outgoing(): Outgoing[] {
    return this.read<Outgoing[]>(`${PREFIX}.${this.scope}.outgoing`) ?? [];
  }

  keepOutgoing(list: Outgoing[]): void {
    this.write(`${PREFIX}.${this.scope}.outgoing`, list.length ? list : null);
  }

  private key(what: string, conversation: number): string {
    return `${PREFIX}.${this.scope}.${what}.${conversation}`;
  }

  private read<T>(key: string): T | null {
    try {
      const value = localStorage.getItem(key);
      return value ? (JSON.parse(value) as T) : null;
    } catch {
      return null;
    }
  }

  private write(key: string, value: unknown): void {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify(value));
    } catch {
      // A full or forbidden storage only means that a reload would lose the draft.
    }
  }
}
