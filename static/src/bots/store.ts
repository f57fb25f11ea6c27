// The editor's state: the draft, what was saved of it, what is wrong with it. Saves by itself; never over somebody else.
import { gettext } from "@shared/i18n";
import { RequestError, request } from "@shared/request";
import { toast } from "@shared/toast";
import { filledIn } from "./edits";
import { History } from "./history";
import type { Boot, Draft, Flow, Graph, Problem, Warning } from "./types";

const SAVE_AFTER = 700;
const RETRY_AFTER = 4000;

export type Saving = "saved" | "waiting" | "saving" | "offline" | "refused" | "conflict";
export type Shown = {
  flow: Flow;
  graph: Graph | null;
  problems: Problem[];
  warnings: Warning[];
  files: Record<string, string>;
  saving: Saving;
  savedAt: number | null;
  refusal: string;
  theirs: Flow | null;
  trialAt: string | null;
  focus: string | null;
  canUndo: boolean;
  canRedo: boolean;
};

type Checked = { flow: Flow; problems: Problem[]; warnings: Warning[] };

export class Editor {
  readonly boot: Boot;
  #shown: Shown;
  #history = new History<Graph>();
  #listeners = new Set<() => void>();
  #timer = 0;
  #running: Promise<void> | null = null;

  constructor(boot: Boot) {
    this.boot = boot;
    this.#shown = { ...this.#fresh(boot), savedAt: null };
    window.addEventListener("beforeunload", (event) => {
      if (this.isUnsaved()) event.preventDefault();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") void this.save();
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  readonly shown = (): Shown => this.#shown;

  isUnsaved(): boolean {
    return this.#shown.saving !== "saved";
  }

  /** Change the graph. `tag` joins quick changes of one field into one step of undo; `focus` is where the reader goes. */
  change(edit: (graph: Graph) => Graph, { tag = "", focus }: { tag?: string; focus?: string } = {}): void {
    const { graph } = this.#shown;
    if (!graph) return;
    const next = edit(graph);
    if (next === graph) return;
    this.#history.remember(graph, tag, Date.now());
    this.#put(next, focus);
  }

  undo(): void {
    const before = this.#shown.graph && this.#history.undo(this.#shown.graph);
    if (before) this.#put(before);
  }

  redo(): void {
    const after = this.#shown.graph && this.#history.redo(this.#shown.graph);
    if (after) this.#put(after);
  }

  /** Say what was done, and let it be undone. */
  offerUndo(text: string): void {
    toast({ text, action: { label: gettext("Undo"), run: () => this.undo() } });
  }

  addFile(media: number, url: string): void {
    this.#set({ files: { ...this.#shown.files, [media]: url } });
  }

  focused(): void {
    if (this.#shown.focus) this.#set({ focus: null });
  }

  stand(node: string | null): void {
    if (this.#shown.trialAt !== node) this.#set({ trialAt: node });
  }

  take(flow: Flow): void {
    this.#set({ flow });
  }

  /** Replace all by what the server holds. */
  replace(draft: Draft): void {
    window.clearTimeout(this.#timer);
    this.#history.forget();
    this.#shown = { ...this.#fresh(draft), savedAt: Date.now() };
    this.#tell();
  }

  async loadTheirs(): Promise<void> {
    this.replace(await request<Draft>(this.boot.data));
  }

  async keepAsCopy(): Promise<void> {
    const { url } = await request<{ url: string }>(`${this.boot.data}copy/`, { body: { graph: this.#shown.graph } });
    this.#set({ saving: "saved" });
    window.location.assign(url);
  }

  /** Save what is not saved yet; resolves when nothing is on its way any more. */
  async save(): Promise<void> {
    window.clearTimeout(this.#timer);
    if (this.#running) await this.#running;
    if (!["waiting", "offline"].includes(this.#shown.saving)) return;
    this.#running = this.#send();
    await this.#running;
    this.#running = null;
  }

  async #send(): Promise<void> {
    const { graph, flow } = this.#shown;
    this.#set({ saving: "saving" });
    try {
      const answer = await request<Checked>(`${this.boot.data}draft/`, { body: { graph, revision: flow.revision } });
      const changed = this.#shown.graph !== graph;
      this.#set({ ...answer, saving: changed ? "waiting" : "saved", savedAt: Date.now(), refusal: "" });
      if (changed) this.#later(SAVE_AFTER);
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    if (!(error instanceof RequestError)) throw error;
    const body = error.body as { code?: string; flow?: Flow } | null;
    if (body?.code === "conflict" && body.flow) this.#set({ saving: "conflict", theirs: body.flow });
    else if (error.status === 0 || error.status >= 500) {
      this.#set({ saving: "offline", refusal: error.message });
      this.#later(RETRY_AFTER);
    } else this.#set({ saving: "refused", refusal: error.message });
  }

  #put(graph: Graph, focus?: string): void {
    const blocked = this.#shown.saving === "conflict";
    this.#set({ graph, saving: blocked ? "conflict" : "waiting", ...(focus ? { focus } : {}) });
    if (!blocked) this.#later(SAVE_AFTER);
  }

  #later(wait: number): void {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.save(), wait);
  }

  #fresh(draft: Draft): Shown {
    return {
      flow: draft.flow,
      graph: draft.graph && filledIn(draft.graph),
      problems: draft.problems,
      warnings: draft.warnings,
      files: draft.files,
      saving: "saved",
      savedAt: null,
      refusal: "",
      theirs: null,
      trialAt: null,
      focus: null,
      canUndo: false,
      canRedo: false,
    };
  }

  #set(part: Partial<Shown>): void {
    this.#shown = { ...this.#shown, ...part, canUndo: this.#history.canUndo, canRedo: this.#history.canRedo };
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
