// Menus: native popovers placed beside their button; arrows, Home, End and a letter walk the items.
import { place } from "./floating";

export function startMenus(): void {
  document.addEventListener("toggle", onToggle, true);
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", ({ target }) => {
    const item = (target as Element).closest(".menu-item");
    if (item && !item.hasAttribute("data-stays")) item.closest<HTMLElement>("[popover]")?.hidePopover();
  });
  window.addEventListener("resize", () => opened()?.hidePopover());
}

function onToggle(event: Event): void {
  const panel = event.target as HTMLElement;
  if (!panel.matches?.(".menu-panel[popover]")) return;
  const open = (event as ToggleEvent).newState === "open";
  const button = document.querySelector<HTMLElement>(`[popovertarget="${CSS.escape(panel.id)}"]`);
  button?.setAttribute("aria-expanded", String(open));
  if (!open || !button) return;
  place(panel, visibleOpener(panel.id) ?? button, panel.dataset.side === "above" ? "above" : "below");
  items(panel)[0]?.focus({ preventScroll: true });
}

function visibleOpener(id: string): HTMLElement | undefined {
  return [...document.querySelectorAll<HTMLElement>(`[popovertarget="${CSS.escape(id)}"]`)].find((it) => it.offsetParent !== null);
}

function onKey(event: KeyboardEvent): void {
  const panel = opened();
  if (!panel) return;
  const all = items(panel);
  const at = all.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    all.at(to >= all.length ? 0 : to)?.focus();
  } else if (event.key === "Tab") panel.hidePopover();
  else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey)
    all.find((item) => item.textContent?.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
}

function opened(): HTMLElement | null {
  return document.querySelector<HTMLElement>(".menu-panel:popover-open");
}

function items(panel: HTMLElement): HTMLElement[] {
  return [...panel.querySelectorAll<HTMLElement>(".menu-item:not(:disabled)")];
}
