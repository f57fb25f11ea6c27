// The rail: folded or wide, remembered in a cookie so that the server draws it right at once; its unread badges.
import { gettext } from "@shared/i18n";
import { number } from "@shared/format";
import { registerShortcut } from "@shared/shortcuts";

const YEAR = 31_536_000;

export function startRail(): void {
  const shell = document.querySelector<HTMLElement>(".shell");
  if (!shell) return;
  const fold = (): void => {
    const narrow = shell.dataset.rail !== "narrow";
    shell.dataset.rail = narrow ? "narrow" : "wide";
    document.cookie = `rail=${shell.dataset.rail}; path=/; max-age=${YEAR}; samesite=lax`;
    for (const button of document.querySelectorAll(".rail-fold")) button.setAttribute("aria-expanded", String(!narrow));
  };
  document.addEventListener("click", ({ target }) => (target as Element).closest(".rail-fold") && fold());
  registerShortcut({ id: "fold", code: "Backslash", alt: true, label: gettext("Fold or widen the menu"), group: gettext("Everywhere"), run: fold });

  // An island that knows better says so: `document.dispatchEvent(new CustomEvent("kaskad:badge", { detail: { name: "chats", count: 3 } }))`.
  document.addEventListener("kaskad:badge", (event) => {
    const { name, count } = (event as CustomEvent<{ name: string; count: number }>).detail;
    for (const badge of document.querySelectorAll<HTMLElement>(`[data-badge="${CSS.escape(name)}"]`)) {
      badge.hidden = count === 0;
      badge.textContent = count > 99 ? "99+" : number(count);
    }
  });
}
