// Undo and redo: what was, and what was taken back. Changes that belong together (typing in one field) are one step.

const TOGETHER = 1500; // milliseconds between keystrokes that are undone at once
const DEPTH = 200;

export class History<T> {
  #past: T[] = [];
  #future: T[] = [];
  #tag = "";
  #at = 0;

  /** Remember what was before a change; changes with one tag in quick succession are remembered once. */
  remember(before: T, tag: string, now: number): void {
    const together = tag !== "" && tag === this.#tag && now - this.#at < TOGETHER;
    this.#tag = tag;
    this.#at = now;
    this.#future = [];
    if (together) return;
    this.#past.push(before);
    if (this.#past.length > DEPTH) this.#past.shift();
  }

  undo(present: T): T | undefined {
    const before = this.#past.pop();
    if (before !== undefined) this.#future.push(present);
    this.#tag = "";
    return before;
  }

  redo(present: T): T | undefined {
    const after = this.#future.pop();
    if (after !== undefined) this.#past.push(present);
    this.#tag = "";
    return after;
  }

  forget(): void {
    this.#past = [];
    this.#future = [];
    this.#tag = "";
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }
}
