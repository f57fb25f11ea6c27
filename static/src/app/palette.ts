// The command palette, Ctrl/Cmd+K: pages, actions and workspaces by a few letters, keyboard only if one likes.
import { gettext } from "@shared/i18n";
import { keyNames, registerShortcut, type Keys } from "@shared/shortcuts";
import { openDialog } from "./dialogs";
import { score } from "./fuzzy";

type Entry = { title: string; names: string[]; group: string; href?: string; opens?: string; icon: string; keys?: Keys };

let entries: Entry[] = [];
let shown: Entry[] = [];
let at = 0;

export function startPalette(): void {
  const data = document.getElementById("palette-entries")?.textContent;
  const dialog = document.getElementById("palette") as HTMLDialogElement | null;
  if (!data || !dialog) return;
  entries = JSON.parse(data) as Entry[];
  for (const entry of entries)
    if (entry.keys) registerShortcut({ ...entry.keys, id: `go-${entry.title}`, label: entry.title, group: entry.group, run: () => run(entry) });

  const input = dialog.querySelector("input") as HTMLInputElement;
  const open = (): void => {
    if (dialog.open) return dialog.close();
    input.value = "";
    search("");
    openDialog(dialog);
  };
  registerShortcut({ id: "palette", code: "KeyK", mod: true, everywhere: true, label: gettext("Find a page or an action"), group: gettext("Everywhere"), run: open });
  document.addEventListener("click", ({ target }) => (target as Element).closest("[data-palette]") && open());
  input.addEventListener("input", () => search(input.value));
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      at = (at + step + shown.length) % Math.max(1, shown.length);
      mark();
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      const entry = shown[at];
      if (entry) run(entry);
    }
  });

  function search(text: string): void {
    const scored = entries.map((entry) => ({ entry, value: score(text, entry.names) })).filter(({ value }) => value > 0);
    if (text) scored.sort((a, b) => b.value - a.value);
    shown = scored.map(({ entry }) => entry);
    at = 0;
    draw(text === "");
    mark();
  }

  function run(entry: Entry): void {
    dialog?.close();
    const opened = entry.opens && document.getElementById(entry.opens);
    if (opened instanceof HTMLDialogElement) openDialog(opened);
    else if (entry.href) window.location.assign(entry.href);
  }

  function draw(grouped: boolean): void {
    const list = dialog?.querySelector(".palette-list") as HTMLElement;
    list.replaceChildren();
    let group = "";
    shown.forEach((entry, index) => {
      if (grouped && entry.group !== group) {
        group = entry.group;
        list.append(element("div", "palette-group", group));
      }
      const row = element("div", "palette-item");
      row.id = `palette-${index}`;
      row.setAttribute("role", "option");
      const icon = document.querySelector<HTMLTemplateElement>(`template[data-icon="${CSS.escape(entry.icon)}"]`);
      if (icon) row.append(icon.content.cloneNode(true));
      row.append(element("span", "", entry.title));
      if (entry.keys) row.append(keys(entry.keys));
      row.addEventListener("pointermove", () => index !== at && ((at = index), mark()));
      row.addEventListener("click", () => run(entry));
      list.append(row);
    });
    if (shown.length === 0) list.append(element("p", "palette-none", gettext("Nothing found. Try another word.")));
  }

  function mark(): void {
    input.removeAttribute("aria-activedescendant");
    for (const row of dialog?.querySelectorAll(".palette-item") ?? []) {
      const chosen = row.id === `palette-${at}`;
      row.setAttribute("aria-selected", String(chosen));
      if (!chosen) continue;
      row.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", row.id);
    }
  }
}

export function keys(pressed: Keys): HTMLElement {
  const box = element("span", "palette-keys");
  box.append(...keyNames(pressed).map((name) => element("kbd", "", name)));
  return box;
}

function element(tag: string, className: string, text = ""): HTMLElement {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}
