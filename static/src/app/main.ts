// The shell of every page: htmx, Alpine, and the small behaviours that components ask for by attributes.
import Alpine from "@alpinejs/csp";
import htmx from "htmx.org";
import "../theme.css";
import { startBulk } from "./bulk";
import { startCombobox } from "./combobox";
import { startCopy } from "./copy";
import { startDialogs } from "./dialogs";
import { startMenus } from "./menus";
import { startPalette } from "./palette";
import { startRail } from "./rail";
import { startShortcutSheet } from "./shortcut_sheet";
import { startTabs } from "./tabs";
import { startTimes } from "./times";
import { startTips } from "./tips";
import { startToasts } from "./toasts";
import { startUnsaved } from "./unsaved";
import { startZones } from "./zones";
import { isMac, pressShortcut } from "@shared/shortcuts";
import { csrfToken } from "@shared/page";

// A strict Content-Security-Policy: no evaluated attributes, no style element written by htmx.
Object.assign(htmx.config, { allowEval: false, includeIndicatorStyles: false, scrollIntoViewOnBoost: false, defaultSwapDelay: 0 });
document.addEventListener("htmx:configRequest", (event) => {
  (event as CustomEvent<{ headers: Record<string, string> }>).detail.headers["X-CSRFToken"] = csrfToken();
});

document.addEventListener("keydown", pressShortcut);
if (isMac) for (const key of document.querySelectorAll<HTMLElement>("[data-mod-key]")) key.textContent = `⌘ ${key.dataset.modKey ?? ""}`;
for (const start of [startToasts, startDialogs, startMenus, startTips, startRail, startPalette, startShortcutSheet, startUnsaved, startCopy, startTabs])
  start();
// What a swap brings in is enlivened as the page was.
for (const enliven of [startZones, startCombobox, startBulk, startTimes]) {
  enliven(document);
  document.addEventListener("htmx:load", (event) => enliven((event as CustomEvent<{ elt: HTMLElement }>).detail.elt));
}

(window as unknown as { Alpine: typeof Alpine }).Alpine = Alpine;
Alpine.start();
