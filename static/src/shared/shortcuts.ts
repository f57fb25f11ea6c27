// One registry of keyboard shortcuts for the shell and all islands. Keys are physical (`event.code`), so a Cyrillic layout
// presses the same ones; nothing fires while somebody types, save what is marked `everywhere` (it types nothing itself).

export type Keys = { code: string; mod?: boolean; alt?: boolean; shift?: boolean };
export type Shortcut = Keys & { id: string; label: string; group: string; everywhere?: boolean; run(): void };

export const isMac: boolean = /Mac|iPhone|iPad/.test(navigator.platform);

const registry = new Map<string, Shortcut>();

/** Register a shortcut; the returned function takes it back. A second one with the same id replaces the first. */
export function registerShortcut(shortcut: Shortcut): () => void {
  registry.set(shortcut.id, shortcut);
  return () => void (registry.get(shortcut.id) === shortcut && registry.delete(shortcut.id));
}

export function allShortcuts(): Shortcut[] {
  return [...registry.values()];
}

/** Say how the keys are named on the reader's keyboard: `⌘ K` or `Ctrl K`. */
export function keyNames({ code, mod, alt, shift }: Keys): string[] {
  const names: string[] = [];
  if (mod) names.push(isMac ? "⌘" : "Ctrl");
  if (alt) names.push(isMac ? "⌥" : "Alt");
  if (shift) names.push(isMac ? "⇧" : "Shift");
  return [...names, KEY_NAMES[code] ?? code.replace(/^(Key|Digit)/, "")];
}

const KEY_NAMES: Record<string, string> = {
  Slash: "/",
  Backslash: "\\",
  Period: ".",
  Comma: ",",
  Enter: "↵",
  Escape: "Esc",
  ArrowUp: "↑",
  ArrowDown: "↓",
  BracketLeft: "[",
  BracketRight: "]",
};

/** Say whether keys go into a field there. A field that its dialog has hidden keeps the focus until the next frame: nobody types into it. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.checkVisibility() &&
    (target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select"))
  );
}

/** Run the shortcut that an event presses. Called by the shell's one listener. */
export function pressShortcut(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.repeat || event.isComposing) return;
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const foreign = isMac ? event.ctrlKey : event.metaKey;
  if (foreign) return;
  const shortcut = allShortcuts().find(
    (it) => it.code === event.code && !!it.mod === mod && !!it.alt === event.altKey && !!it.shift === event.shiftKey,
  );
  if (!shortcut) return;
  if (!shortcut.everywhere && (isTyping(event.target) || document.querySelector("dialog:modal"))) return;
  event.preventDefault();
  shortcut.run();
}

