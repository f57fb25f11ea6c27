// A table whose rows are chosen with checkboxes, and the bar that floats under it: `<form data-bulk>` holds both.
import { number } from "@shared/format";

export function startBulk(part: ParentNode): void {
  for (const form of part.querySelectorAll<HTMLFormElement>("form[data-bulk]")) {
    if (form.dataset.bulk === "ready") continue;
    form.dataset.bulk = "ready";
    form.addEventListener("change", ({ target }) => {
      const box = target as HTMLInputElement;
      if (box.matches("[data-choose-all]")) for (const one of boxes(form)) one.checked = box.checked;
      if (box.matches("[data-choose-all], [data-choose]")) show(form);
    });
    form.addEventListener("click", ({ target }) => {
      if (!(target as Element).closest("[data-choose-none]")) return;
      for (const one of boxes(form)) one.checked = false;
      show(form);
    });
    show(form);
  }
}

function show(form: HTMLFormElement): void {
  const all = boxes(form);
  const chosen = all.filter((box) => box.checked);
  for (const box of all) box.closest("tr")?.setAttribute("aria-selected", String(box.checked));
  const head = form.querySelector<HTMLInputElement>("[data-choose-all]");
  if (head) {
    head.checked = chosen.length > 0 && chosen.length === all.length;
    head.indeterminate = chosen.length > 0 && chosen.length < all.length;
  }
  const bar = form.querySelector<HTMLElement>(".bulk-bar");
  if (bar) bar.hidden = chosen.length === 0;
  const count = form.querySelector("[data-chosen]");
  if (count) count.textContent = number(chosen.length);
}

function boxes(form: HTMLFormElement): HTMLInputElement[] {
  return [...form.querySelectorAll<HTMLInputElement>("input[data-choose]")];
}
