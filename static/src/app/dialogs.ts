// Native dialogs: `data-opens="id"` opens one, `data-closes` closes its own, a press beside it closes it too.
// The browser keeps the focus inside and gives it back.

export function openDialog(dialog: HTMLDialogElement): void {
  if (!dialog.open) dialog.showModal();
}

export function startDialogs(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const opener = target.closest<HTMLElement>("[data-opens]");
    const opened = opener && document.getElementById(opener.dataset.opens ?? "");
    if (opened instanceof HTMLDialogElement) {
      opener?.closest<HTMLElement>("[popover]")?.hidePopover();
      openDialog(opened);
      return;
    }
    if (target.closest("[data-closes]")) target.closest("dialog")?.close();
    else if (target instanceof HTMLDialogElement && isBeside(target, event)) target.close();
  });
  document.addEventListener("input", typedName);
  for (const dialog of document.querySelectorAll<HTMLDialogElement>("dialog[data-open-at-once]")) openDialog(dialog);
}

function isBeside(dialog: HTMLDialogElement, { clientX, clientY }: MouseEvent): boolean {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}

// What cannot be undone asks for the thing's name: `<input data-typed-name="Shop">` holds its form's button.
function typedName({ target }: Event): void {
  if (!(target instanceof HTMLInputElement) || target.dataset.typedName === undefined) return;
  const button = target.form?.querySelector<HTMLButtonElement>("button[type=submit]");
  if (button) button.disabled = target.value.trim() !== target.dataset.typedName.trim();
}
