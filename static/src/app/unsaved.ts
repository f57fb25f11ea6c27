// A form with `data-guard` asks before its unsaved work is left; Ctrl/Cmd+S saves it.
import { gettext } from "@shared/i18n";
import { registerShortcut } from "@shared/shortcuts";

const changed = new WeakSet<HTMLFormElement>();

export function startUnsaved(): void {
  const mark = ({ target }: Event): void => {
    const form = (target as HTMLInputElement).form ?? null;
    if (form?.dataset.guard !== undefined) changed.add(form);
  };
  document.addEventListener("input", mark);
  document.addEventListener("change", mark);
  document.addEventListener("submit", ({ target }) => changed.delete(target as HTMLFormElement));
  document.addEventListener("reset", ({ target }) => changed.delete(target as HTMLFormElement));
  window.addEventListener("beforeunload", (event) => {
    if (guarded().some((form) => changed.has(form))) event.preventDefault();
  });
  if (guarded().length > 0)
    registerShortcut({
      id: "save",
      code: "KeyS",
      mod: true,
      everywhere: true,
      label: gettext("Save"),
      group: gettext("This page"),
      run: () => guarded().find((form) => changed.has(form))?.requestSubmit(),
    });
}

function guarded(): HTMLFormElement[] {
  return [...document.querySelectorAll<HTMLFormElement>("form[data-guard]")];
}
