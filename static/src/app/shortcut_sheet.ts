// The sheet of shortcuts, Ctrl/Cmd+/: written from the registry each time it opens, so it never lies.
import { gettext } from "@shared/i18n";
import { allShortcuts, registerShortcut } from "@shared/shortcuts";
import { openDialog } from "./dialogs";
import { keys } from "./palette";

export function startShortcutSheet(): void {
  const dialog = document.getElementById("shortcuts") as HTMLDialogElement | null;
  if (!dialog) return;
  const open = (): void => {
    if (dialog.open) return dialog.close();
    draw(dialog.querySelector("[data-shortcuts]") as HTMLElement);
    openDialog(dialog);
  };
  registerShortcut({ id: "shortcuts", code: "Slash", mod: true, everywhere: true, label: gettext("Show all shortcuts"), group: gettext("Everywhere"), run: open });
  document.addEventListener("click", ({ target }) => (target as Element).closest("[data-shortcut-sheet]") && open());
}

function draw(box: HTMLElement): void {
  box.replaceChildren();
  const groups = Map.groupBy(allShortcuts(), ({ group }) => group);
  for (const [name, shortcuts] of groups) {
    const title = document.createElement("h3");
    title.className = "menu-title";
    title.textContent = name;
    const grid = document.createElement("dl");
    grid.className = "keys-grid";
    for (const shortcut of shortcuts) {
      const row = document.createElement("div");
      row.className = "keys-row";
      const label = document.createElement("dt");
      label.textContent = shortcut.label;
      const pressed = document.createElement("dd");
      pressed.append(keys(shortcut));
      row.append(label, pressed);
      grid.append(row);
    }
    box.append(title, grid);
  }
}
