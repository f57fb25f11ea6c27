// All that the panel knows, in one immutable snapshot; everything that comes from the server is laid over it here.
import { toast } from "@shared/toast";
import { RequestError } from "@shared/request";
import { filtersAddressed } from "./address";
import { ask, refusal, SignedOut, words } from "./api";
import { Connection, type LineState } from "./connection";
import { withConversations, withEvents, withMessages } from "./merging";
import { blank, firstNew, type Thread, unseenFrom } from "./open_thread";
import { type Draft, EMPTY, Keeping, newClientId, type Outgoing } from "./outgoing";
import { Queue } from "./queue";
import type {
  Boot,
  Changes,
  Conversation,
  Filters,
  ListPage,
  Message,
  Missed,
  OpenedThread,
  Person,
  ThreadPage,
} from "./types";

export interface State {
  line: LineState;
  filters: Filters;
  list: "loading" | "ready" | "failed";
  loadingMore: boolean;
  after: string;
  found: Set<number> | null; // what a search found; null when nothing is searched for
  conversations: Map<number, Conversation>;
  unread: Record<string, number>;
  open: number | null;
  thread: Thread | null;
  outgoing: Outgoing[];
  viewers: number[];
  typing: { person: Person; until: number } | null;
  draft: Draft;
}

const TYPING_LASTS = 5_000;

export class Panel {
  state: State;
  private readonly listeners = new Set<() => void>();
  private readonly keeping: Keeping;
  private readonly queue: Queue;
  private readonly connection: Connection;
  private cursor: number | null = null;
  private listTurn = 0;
  private typedAt = 0;
  private seenUpTo = 0;

  constructor(readonly boot: Boot) {
    this.keeping = new Keeping(`${boot.root}${boot.me.id}`);
    this.queue = new Queue(boot.data, this.keeping, {
      changed: (outgoing) => this.set({ outgoing }),
      answered: (changes) => this.take(changes),
      signedOut: () => this.set({ line: "gone" }),
      mayTryAgain: () => this.state.line !== "gone",
    });
    this.state = {
      line: "connecting",
      filters: filtersAddressed(boot),
      list: "loading",
      loadingMore: false,
      after: "",
      found: null,
      conversations: new Map(),
      unread: {},
      open: null,
      thread: null,
      outgoing: this.queue.all,
      viewers: [],
      typing: null,
      draft: EMPTY,
    };
    this.connection = new Connection(boot.socket, `${boot.data}since/`, {
      cursor: () => this.cursor,
      openConversation: () => this.state.open,
      changes: (changes) => this.take(changes),
      missed: (missed) => this.takeMissed(missed),
      viewers: (conversation, people) => conversation === this.state.open && this.set({ viewers: people }),
      typing: (conversation, person) => this.seeTyping(conversation, person),
      line: (line) => this.turnLine(line),
    });
    void this.loadList();
    if (boot.open !== null) this.openConversation(boot.open);
    this.queue.pumpAll();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };

  snapshot = (): State => this.state;

  // ---- the list

  async loadList(filters: Partial<Filters> = {}): Promise<void> {
    const wanted = { ...this.state.filters, ...filters };
    const turn = ++this.listTurn;
    this.set({ filters: wanted, list: "loading", after: "", found: null });
    try {
      const page = await ask<ListPage>(this.listAddress(wanted, ""));
      if (turn !== this.listTurn) return;
      // An older cursor tells more: it is kept until the server has been asked by it.
      this.cursor ??= page.cursor;
      this.take(page);
      const found = wanted.search ? new Set(page.conversations.map((row) => row.id)) : null;
      this.set({ list: "ready", after: page.after, found });
    } catch (error) {
      if (turn === this.listTurn) this.set({ list: "failed" });
      this.notice(error);
    }
  }

  async loadMore(): Promise<void> {
    const { after, filters, loadingMore } = this.state;
    if (!after || loadingMore) return;
    const turn = this.listTurn;
    this.set({ loadingMore: true });
    try {
      const page = await ask<ListPage>(this.listAddress(filters, after));
      if (turn !== this.listTurn) return;
      this.take(page);
      const found = this.state.found && new Set([...this.state.found, ...page.conversations.map((row) => row.id)]);
      this.set({ after: page.after, found });
    } catch (error) {
      this.notice(error);
    } finally {
      this.set({ loadingMore: false });
    }
  }

  private listAddress(filters: Filters, after: string): string {
    const query = new URLSearchParams({ folder: filters.folder, state: filters.state, sort: filters.sort, search: filters.search, after });
    if (filters.channel !== null) query.set("channel", String(filters.channel));
    return `${this.boot.data}list/?${query}`;
  }

  // ---- the thread

  openConversation(id: number | null): void {
    if (id === this.state.open && id !== null) return;
    const thread = id === null ? null : blank(id);
    this.seenUpTo = 0;
    this.set({ open: id, thread, viewers: [], typing: null, draft: id === null ? EMPTY : this.keeping.draft(id) });
    this.connection?.look(id);
    if (id !== null) void this.loadThread(id);
  }

  async loadThread(id: number): Promise<void> {
    this.setThread(id, { state: "loading" });
    try {
      const opened = await ask<OpenedThread>(`${this.boot.data}${id}/`);
      if (this.state.open !== id || !this.state.thread) return;
      const fresh: Partial<Thread> = { state: "ready", before: opened.before, card: opened.card };
      if (this.state.thread.newAfter === null) fresh.newAfter = firstNew(opened);
      this.take({ ...opened, conversations: [opened.conversation] });
      this.setThread(id, fresh);
      this.set({ viewers: opened.viewers });
    } catch (error) {
      const absent = error instanceof RequestError && error.status === 404;
      this.setThread(id, { state: absent ? "absent" : "failed" });
      if (!absent) this.notice(error);
    }
  }

  async loadOlder(): Promise<void> {
    const thread = this.state.thread;
    if (!thread?.before || thread.loadingOlder) return;
    this.setThread(thread.id, { loadingOlder: true });
    try {
      const page = await ask<ThreadPage>(`${this.boot.data}${thread.id}/older/?before=${thread.before}`);
      this.take(page);
      this.setThread(thread.id, { before: page.before });
    } catch (error) {
      this.notice(error);
    } finally {
      this.setThread(thread.id, { loadingOlder: false });
    }
  }

  /** The newest message of the open thread is on screen and the window is being looked at. */
  async sawAll(): Promise<void> {
    const { thread, conversations } = this.state;
    if (!thread || thread.state !== "ready") return;
    const newest = Math.max(0, ...thread.messages.keys());
    const row = conversations.get(thread.id);
    if (!row?.unread || newest <= this.seenUpTo) return;
    this.seenUpTo = newest;
    try {
      this.take(await ask<Changes>(`${this.boot.data}${thread.id}/seen/`, { message: newest }));
    } catch {
      this.seenUpTo = 0; // not recorded: the next look tries again
    }
  }

  // ---- what the person does

  async act(action: string, body: unknown = {}, id = this.state.open): Promise<boolean> {
    try {
      this.take(await ask<Changes>(`${this.boot.data}${id}/${action}/`, body));
      return true;
    } catch (error) {
      this.notice(error);
      return false;
    }
  }

  /** Take the open conversation over. Resolves to the colleague who answers there, if he has to be asked about first. */
  async takeOver(knownAssignee: number | null): Promise<Person | null> {
    try {
      this.take(await ask<Changes>(`${this.boot.data}${this.state.open}/take-over/`, { known_assignee: knownAssignee }));
    } catch (error) {
      const refused = refusal(error);
      if (refused.code === "taken_by_other") return refused.assignee as Person;
      this.notice(error);
    }
    return null;
  }

  /** Do with a message of which nobody knows what the person says: send it again, or believe that it came. */
  async decide(message: Message, decision: "retry" | "arrived"): Promise<void> {
    try {
      this.take(await ask<Changes>(`${this.boot.data}messages/${message.id}/${decision}/`, {}));
    } catch (error) {
      this.notice(error);
    }
  }

  /** Change the words of a message that was sent, or take it back. Rejects with what stands in the way. */
  async correct(message: Message, how: "edit" | "delete", body: { text?: string } = {}): Promise<void> {
    this.take(await ask<Changes>(`${this.boot.data}messages/${message.id}/${how}/`, body));
  }

  keepDraft(draft: Draft): void {
    const { open } = this.state;
    if (open === null) return;
    this.keeping.keepDraft(open, draft);
    this.set({ draft });
    if (draft.text && !draft.note && Date.now() - this.typedAt > TYPING_LASTS / 2) {
      this.typedAt = Date.now();
      this.connection.typing(open);
    }
  }

  send(): void {
    const { open, draft, thread } = this.state;
    const text = draft.text.trim();
    if (open === null || (!text && draft.files.length === 0)) return;
    const row = this.state.conversations.get(open);
    const seen = [...(thread?.messages.values() ?? [])].filter((one) => one.direction === "in").map((one) => one.id);
    const mine = row?.assignee?.id === this.boot.me.id;
    this.queue.add({
      clientId: newClientId(),
      conversation: open,
      subject: row?.channel.subjects && !draft.note ? draft.subject.trim() : "",
      text,
      files: draft.note ? [] : draft.files,
      note: draft.note,
      seen: seen.length ? Math.max(...seen) : 0,
      knownAssignee: mine ? this.boot.me.id : null,
      at: new Date().toISOString(),
      state: "sending",
      problem: "",
      code: "",
    });
    this.keepDraft({ ...EMPTY, note: draft.note });
  }

  /** Send in spite of what the server asked about; what it asked about has been seen by now. */
  sendAnyway(clientId: string): void {
    const one = this.queue.find(clientId);
    if (!one) return;
    const incoming = [...(this.state.thread?.messages.values() ?? [])].filter((message) => message.direction === "in");
    const seen = Math.max(one.seen ?? 0, ...incoming.map((message) => message.id));
    const assignee = this.state.conversations.get(one.conversation)?.assignee?.id ?? null;
    this.queue.sendAgain(one, { seen, knownAssignee: assignee });
  }

  /** Put what was not sent back into the composer. */
  edit(clientId: string): void {
    const one = this.queue.find(clientId);
    if (!one) return;
    this.queue.remove(clientId);
    const { draft } = this.state;
    this.keepDraft({
      subject: one.subject || draft.subject,
      text: [one.text, draft.text].filter(Boolean).join("\n"),
      note: one.note,
      files: [...one.files, ...draft.files],
    });
  }

  // ---- what comes from the server

  take(changes: Changes): void {
    const { open, thread } = this.state;
    const next: Partial<State> = {};
    if (changes.conversations) next.conversations = withConversations(this.state.conversations, changes.conversations);
    if (changes.unread) next.unread = changes.unread;
    if (thread && open !== null) {
      const mine = (row: { conversation: number }): boolean => row.conversation === open;
      const messages = withMessages(thread.messages, (changes.messages ?? []).filter(mine));
      const newAfter = thread.newAfter ?? unseenFrom(thread, messages);
      const events = withEvents(thread.events, (changes.events ?? []).filter(mine));
      next.thread = { ...thread, messages, events, newAfter };
      if (messages !== thread.messages) this.queue.drop([...messages.values()].map((row) => row.client_id));
      if (events !== thread.events) this.queue.drop([...events.values()].map((row) => row.client_id));
      next.outgoing = this.queue.all;
    }
    this.set(next);
  }

  private takeMissed(missed: Missed): void {
    this.take(missed);
    // Asked while another conversation was open, it does not tell what this one missed: the next answer will.
    if (missed.conversation === this.state.open) {
      this.cursor = missed.cursor;
      this.set({ viewers: missed.viewers });
    }
    if (missed.reload_list) void this.loadList();
    if (missed.reload_thread && this.state.open !== null) void this.reloadThread(this.state.open);
  }

  private async reloadThread(id: number): Promise<void> {
    this.setThread(id, { messages: new Map(), events: new Map() });
    await this.loadThread(id);
  }

  private seeTyping(conversation: number, person: Person): void {
    if (conversation !== this.state.open || person.id === this.boot.me.id) return;
    const typing = { person, until: Date.now() + TYPING_LASTS };
    this.set({ typing });
    window.setTimeout(() => this.state.typing === typing && this.set({ typing: null }), TYPING_LASTS);
  }

  private turnLine(line: LineState): void {
    this.set({ line });
    if (line !== "live") return;
    if (this.state.list === "failed") void this.loadList();
    if (this.state.thread?.state === "failed") void this.loadThread(this.state.thread.id);
    this.queue.pumpAll();
  }

  notice = (error: unknown): void => {
    if (error instanceof SignedOut) this.set({ line: "gone" });
    else toast({ text: words(error), kind: "error" });
  };

  // ---- small things

  private setThread(id: number, patch: Partial<Thread>): void {
    const { thread } = this.state;
    if (thread?.id === id) this.set({ thread: { ...thread, ...patch } });
  }

  private set(patch: Partial<State>): void {
    this.state = { ...this.state, ...patch };
    for (const listener of this.listeners) listener();
  }
}
