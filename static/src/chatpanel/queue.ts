// The answers and notes that are on their way to the server, each conversation's one by one. The store asks it to send.
import { RequestError } from "@shared/request";
import { ask, isUnanswered, refusal, SignedOut, words } from "./api";
import type { Keeping, Outgoing } from "./outgoing";
import type { Changes, Message } from "./types";

export interface QueueListener {
  changed(outgoing: Outgoing[]): void;
  answered(changes: Changes): void;
  signedOut(): void;
  mayTryAgain(): boolean;
}

const AGAIN_AFTER = 3_000;

export class Queue {
  private list: Outgoing[];
  private readonly pumping = new Set<number>();

  constructor(
    private readonly data: string,
    private readonly keeping: Keeping,
    private readonly listener: QueueListener,
  ) {
    this.list = keeping.outgoing().map((one) => ({ ...one, state: one.state === "sending" ? "waiting" : one.state }));
  }

  get all(): Outgoing[] {
    return this.list;
  }

  find(clientId: string): Outgoing | undefined {
    return this.list.find((one) => one.clientId === clientId);
  }

  add(one: Outgoing): void {
    this.put([...this.list, one]);
    void this.pump(one.conversation);
  }

  /** Send once more what the server asked about. */
  sendAgain({ clientId, conversation }: Outgoing, patch: Partial<Outgoing>): void {
    this.patch(clientId, { ...patch, state: "sending" });
    void this.pump(conversation);
  }

  remove(clientId: string): void {
    this.put(this.list.filter((one) => one.clientId !== clientId));
  }

  /** Drop what has been seen in the thread. Tells nobody: whoever shows the thread shows both at once. */
  drop(clientIds: string[]): void {
    const sent = new Set(clientIds);
    const left = this.list.filter((one) => !sent.has(one.clientId));
    if (left.length === this.list.length) return;
    this.list = left;
    this.keeping.keepOutgoing(left);
  }

  pumpAll(): void {
    for (const conversation of new Set(this.list.map((one) => one.conversation))) void this.pump(conversation);
  }

  // One by one in each conversation, so that answers arrive in the order in which they were written.
  private async pump(conversation: number): Promise<void> {
    if (this.pumping.has(conversation)) return;
    this.pumping.add(conversation);
    try {
      for (let next = this.nextOf(conversation); next; next = this.nextOf(conversation)) {
        if (!(await this.deliver(next))) break;
      }
    } finally {
      this.pumping.delete(conversation);
    }
  }

  private nextOf(conversation: number): Outgoing | undefined {
    const unsent = ["sending", "waiting"];
    return this.list.find((one) => one.conversation === conversation && unsent.includes(one.state));
  }

  // The same client id goes along on every try: however often it is asked, one message is made.
  private async deliver(one: Outgoing): Promise<boolean> {
    const { clientId } = one;
    this.patch(clientId, { state: "sending", problem: "", code: "" });
    try {
      const address = `${this.data}${one.conversation}/${one.note ? "note" : "reply"}/`;
      this.listener.answered(await ask<Changes>(address, one.note ? { client_id: clientId, text: one.text } : replyBody(one)));
      this.remove(clientId);
      return true;
    } catch (error) {
      if (error instanceof SignedOut) this.listener.signedOut();
      if (isUnanswered(error) || !(error instanceof RequestError)) return this.wait(one);
      const refused = refusal(error);
      if (refused.messages) this.listener.answered({ messages: refused.messages as Message[] });
      const asks = refused.code === "newer_messages" || refused.code === "taken_by_other";
      this.patch(clientId, { state: asks ? "asks" : "refused", problem: words(error), code: refused.code });
      return true;
    }
  }

  private wait({ clientId, conversation }: Outgoing): false {
    this.patch(clientId, { state: "waiting" });
    if (this.listener.mayTryAgain()) window.setTimeout(() => void this.pump(conversation), AGAIN_AFTER);
    return false;
  }

  private patch(clientId: string, patch: Partial<Outgoing>): void {
    this.put(this.list.map((one) => (one.clientId === clientId ? { ...one, ...patch } : one)));
  }

  private put(list: Outgoing[]): void {
    this.list = list;
    this.keeping.keepOutgoing(list);
    this.listener.changed(list);
  }
}

function replyBody(one: Outgoing): object {
  return {
    client_id: one.clientId,
    subject: one.subject,
    text: one.text,
    attachments: one.files.map((file) => file.id),
    seen_message: one.seen,
    known_assignee: one.knownAssignee,
  };
}
