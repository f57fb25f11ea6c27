// The talk as this page knows it: what was said, what still has to go, and whether Kaskad can be reached.
import { doorOf, NotNow, Refused, type Door } from "./door";
import { dropFile, keepFile, keptFile } from "./kept_files";
import { Line } from "./line";
import { read, readJson, write } from "./storage";
import type { Message, Place, Session, Waiting } from "./types";

export const FILE_LIMIT = 20 * 1024 * 1024;
export const FILES_AT_ONCE = 10;
const FIRST_WAIT = 2_000;
const LONGEST_WAIT = 30_000;
// An accepted message is echoed within a second; one that is still here after a day fell out of the history's first page.
const FORGET_AFTER = 24 * 3_600_000;
const RECEIPTS_AFTER = 300;

export type State = "new" | "opening" | "ready" | "unreachable" | "refused";

export class Talk {
  state: State = "new";
  online = true;
  earlier = false;
  refusal = "";
  readonly progress = new Map<string, number>();
  readonly #messages = new Map<number, Message>();
  readonly #listeners: (() => void)[] = [];
  readonly #receipts = { delivered: new Set<number>(), read: new Set<number>() };
  readonly #told = { delivered: new Set<number>(), read: new Set<number>() };
  readonly #door: Door;
  #session: Session | null = null;
  #cursor = "";
  #line: Line | null = null;
  #sending = false;
  #failures = 0;
  #retry = 0;
  #receiptTimer = 0;

  constructor(
    private readonly place: Place,
    languageHere: () => string,
  ) {
    this.#door = doorOf(place, languageHere);
    window.addEventListener("online", () => this.#flush());
    // Another tab of the same site has sent or written something.
    window.addEventListener("storage", (event) => event.key?.startsWith(`kaskad:${place.key}:`) && this.#changed());
  }

  get messages(): Message[] {
    return [...this.#messages.values()].sort((one, other) => one.id - other.id);
  }

  get waiting(): Waiting[] {
    return readJson<Waiting[]>(this.place.key, "outbox") ?? [];
  }

  get unread(): number[] {
    return this.messages.filter(({ from, status, deleted }) => from !== "visitor" && status !== "read" && !deleted).map(({ id }) => id);
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Come in; the first time this makes the visitor known. */
  async open(): Promise<void> {
    if (this.state === "opening" || this.state === "ready") return;
    this.#become("opening");
    try {
      await this.#enter();
      this.#become("ready");
      this.#line ??= new Line({
        address: this.place.base.replace(/^http/, "ws") + (this.#session?.socket ?? ""),
        token: () => this.#session?.token ?? "",
        cursor: () => this.#cursor,
        take: (messages, cursor) => this.#take(messages, cursor),
        ask: () => this.#ask(),
        forgotten: () => void this.#enter().catch(() => undefined),
      });
      this.#flush();
    } catch (error) {
      this.refusal = error instanceof Refused ? error.message : "";
      this.#become(error instanceof Refused ? "refused" : "unreachable");
    }
  }

  say(text: string): void {
    this.#queue({ text });
  }

  press(message_id: number, button: { id: string; text: string }): void {
    const client_id = pressId(message_id);
    if (!this.#isKnown(client_id)) this.#queue({ client_id, text: button.text, button: { message_id, id: button.id } });
  }

  sharePhone(phone: string): void {
    this.#queue({ text: phone, phone });
  }

  async sendFile(file: File): Promise<void> {
    const client_id = newId();
    await keepFile(client_id, file);
    this.#queue({ client_id, text: "", file: { name: file.name || "file", size: file.size, image: file.type.startsWith("image/") } });
  }

  again(client_id: string): void {
    this.#update(client_id, { state: "waiting", error: "" });
    this.#flush();
  }

  discard(client_id: string): void {
    this.#save(this.waiting.filter((said) => said.client_id !== client_id));
    void dropFile(client_id);
  }

  async loadEarlier(): Promise<void> {
    const oldest = this.messages[0];
    if (!oldest) return;
    const { messages, earlier } = await this.#door.earlier(oldest.id);
    this.earlier = earlier;
    this.#take(messages);
  }

  /** The visitor has these before his eyes. */
  seen(ids: number[]): void {
    this.#tell("read", ids);
  }

  /** Say whether one of the message's buttons has been pressed, here or on another page. */
  isPressed(message_id: number): boolean {
    return this.#isKnown(pressId(message_id)) || [...this.#messages.values()].some(({ pressed }) => pressed === message_id);
  }

  async #enter(): Promise<void> {
    const session = await this.#door.session(read(this.place.key, "token"));
    this.#session = session;
    this.#door.identify(session.token);
    write(this.place.key, "token", session.token);
    this.earlier = session.earlier;
    this.#reached(true);
    this.#take(session.messages, session.cursor);
  }

  async #ask(): Promise<void> {
    try {
      let more = true;
      while (more) {
        const found = await this.#door.changed(this.#cursor);
        more = found.more;
        this.#reached(true);
        this.#take(found.messages, found.cursor);
      }
    } catch (error) {
      if (error instanceof Refused && error.code === "unknown_visitor") await this.#enter();
      else this.#reached(!(error instanceof NotNow && !error.seconds));
    }
  }

  #take(messages: Message[], cursor?: string): void {
    if (cursor) this.#cursor = cursor;
    const fresh = messages.filter((message) => (this.#messages.get(message.id)?.revision ?? -1) < message.revision);
    for (const message of fresh) this.#messages.set(message.id, message);
    const echoed = new Set(fresh.map(({ client_id }) => client_id));
    const old = Date.now() - FORGET_AFTER;
    const left = this.waiting.filter(
      (said) => !echoed.has(said.client_id) && !(said.state === "accepted" && Date.parse(said.at) < old),
    );
    if (left.length !== this.waiting.length) this.#save(left);
    this.#reached(true);
    this.#tell("delivered", fresh.filter(({ from, status }) => from !== "visitor" && status === "sent").map(({ id }) => id));
    if (fresh.length) this.#changed();
  }

  #queue(said: Partial<Waiting> & { text: string }): void {
    this.#save([...this.waiting, { client_id: newId(), at: new Date().toISOString(), state: "waiting", ...said }]);
    this.#flush();
  }

  /** Send what waits, in its order; what the server will not have does not hold up the rest. */
  #flush(): void {
    clearTimeout(this.#retry);
    if (this.#sending || !this.#session) return;
    this.#sending = true;
    void this.#sendAll().finally(() => (this.#sending = false));
  }

  async #sendAll(): Promise<void> {
    for (;;) {
      const said = this.waiting.find(({ state }) => state === "waiting");
      if (!said) return;
      try {
        await this.#send(said);
        this.#failures = 0;
        this.#reached(true);
      } catch (error) {
        if (error instanceof Refused && error.code === "unknown_visitor") {
          if (!(await this.#enter().then(() => true, () => false))) return this.#sendLater(0);
        } else if (error instanceof Refused) this.#update(said.client_id, { state: "failed", error: error.message });
        else {
          this.#reached(error instanceof NotNow && error.seconds > 0);
          return this.#sendLater(error instanceof NotNow ? error.seconds : 0);
        }
      }
    }
  }

  async #send(said: Waiting): Promise<void> {
    let ticket = said.ticket;
    if (said.file && !ticket) {
      const file = await keptFile(said.client_id);
      if (!file) throw new Refused("no_file", "");
      const progress = (share: number): void => {
        this.progress.set(said.client_id, share);
        this.#changed();
      };
      const stored = await this.#door.upload(file, said.file.name, progress).finally(() => this.progress.delete(said.client_id));
      ticket = stored.id;
      this.#update(said.client_id, { ticket });
    }
    await this.#door.send({ ...said, ...(ticket && { ticket }) });
    this.#update(said.client_id, { state: "accepted" });
    void dropFile(said.client_id);
  }

  #sendLater(seconds: number): void {
    const wait = Math.max(seconds * 1000, Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures++));
    clearTimeout(this.#retry);
    this.#retry = window.setTimeout(() => this.#flush(), wait);
  }

  #tell(what: "delivered" | "read", ids: number[]): void {
    const fresh = ids.filter((id) => !this.#told[what].has(id));
    if (!fresh.length) return;
    for (const id of fresh) {
      this.#told[what].add(id);
      this.#receipts[what].add(id);
      const message = this.#messages.get(id);
      if (what === "read" && message) this.#messages.set(id, { ...message, status: "read" });
    }
    clearTimeout(this.#receiptTimer);
    this.#receiptTimer = window.setTimeout(() => void this.#sendReceipts(), RECEIPTS_AFTER);
  }

  async #sendReceipts(): Promise<void> {
    const { delivered, read: seen } = this.#receipts;
    const told: [number[], number[]] = [[...delivered].filter((id) => !seen.has(id)).slice(0, 200), [...seen].slice(0, 200)];
    try {
      await this.#door.receipts(...told);
      for (const id of told[0]) delivered.delete(id);
      for (const id of told[1]) for (const kind of [seen, delivered]) kind.delete(id);
    } catch (error) {
      if (error instanceof NotNow) this.#receiptTimer = window.setTimeout(() => void this.#sendReceipts(), LONGEST_WAIT);
    }
  }

  #isKnown(client_id: string): boolean {
    return this.waiting.some((said) => said.client_id === client_id);
  }

  #update(client_id: string, news: Partial<Waiting>): void {
    this.#save(this.waiting.map((said) => (said.client_id === client_id ? { ...said, ...news } : said)));
  }

  #save(waiting: Waiting[]): void {
    write(this.place.key, "outbox", waiting.length ? JSON.stringify(waiting) : "");
    this.#changed();
  }

  #reached(online: boolean): void {
    if (this.online === online) return;
    this.online = online;
    if (online) this.#flush();
    this.#changed();
  }

  #become(state: State): void {
    this.state = state;
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** One message takes one press, so the press has the message's name. */
function pressId(message_id: number): string {
  return `press-${String(message_id).padStart(3, "0")}`;
}

function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
