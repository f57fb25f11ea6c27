// Tabs whose panels are all in the page: arrows walk them, the panel follows. Tabs that are links need no script.

export function startTabs(): void {
  document.addEventListener("click", ({ target }) => {
    const tab = (target as Element).closest<HTMLElement>('[role="tab"]');
    if (tab) choose(tab);
  });
  document.addEventListener("keydown", (event) => {
    const tab = (event.target as Element).closest<HTMLElement>('[role="tab"]');
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!tab || !step) return;
    const all = siblings(tab);
    const next = all.at((all.indexOf(tab) + step) % all.length);
    event.preventDefault();
    next?.focus();
    if (next) choose(next);
  });
}

function choose(chosen: HTMLElement): void {
  for (const tab of siblings(chosen)) {
    tab.setAttribute("aria-selected", String(tab === chosen));
    tab.tabIndex = tab === chosen ? 0 : -1;
    const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
    if (panel) panel.hidden = tab !== chosen;
  }
}

function siblings(tab: HTMLElement): HTMLElement[] {
  return [...(tab.closest('[role="tablist"]')?.querySelectorAll<HTMLElement>('[role="tab"]') ?? [])];
}
