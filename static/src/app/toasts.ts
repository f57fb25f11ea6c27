// Toasts: one at a time. Good news goes away by itself, an error stays until it is read.
import { gettext } from "@shared/i18n";
import { csrfToken } from "@shared/page";
import type { Toast } from "@shared/toast";

const SHOWN_FOR = 5_000;
const waiting: Toast[] = [];
let timer = 0;

export function startToasts(): void {
  document.addEventListener("kaskad:toast", (event) => put((event as CustomEvent<Toast>).detail));
  // `HX-Trigger: {"kaskad:toast": {...}}` arrives here too: htmx fires it as an event that bubbles.
  for (const message of document.querySelectorAll<HTMLTemplateElement>("template[data-toast]"))
    put({ text: message.content.textContent?.trim() ?? "", kind: kindOf(message.dataset.toast), ...undo(message.dataset.undo) });
}

function kindOf(level: string | undefined): NonNullable<Toast["kind"]> {
  return level === "error" || level === "success" ? level : "info";
}

// A message from the server may name the address that takes back what was done.
function undo(address: string | undefined): Pick<Toast, "action"> {
  if (!address) return {};
  const run = (): void => {
    const form = document.createElement("form");
    const token = document.createElement("input");
    Object.assign(form, { method: "post", action: address, hidden: true });
    Object.assign(token, { type: "hidden", name: "csrfmiddlewaretoken", value: csrfToken() });
    form.append(token);
    document.body.append(form);
    form.submit();
  };
  return { action: { label: gettext("Undo"), run } };
}

function put(toast: Toast): void {
  if (toast.kind !== "error" && region().querySelector(".toast:not(.toast-error)")) clear();
  waiting.push(toast);
  next();
}

function next(): void {
  if (region().childElementCount > 0) return;
  const toast = waiting.shift();
  if (!toast) return;
  region().append(draw(toast));
  if (toast.kind !== "error") timer = window.setTimeout(dismiss, SHOWN_FOR);
}

function draw(toast: Toast): HTMLElement {
  const shown = document.createElement("div");
  shown.className = `toast toast-${toast.kind ?? "info"}`;
  shown.setAttribute("role", toast.kind === "error" ? "alert" : "status");
  const text = document.createElement("span");
  text.className = "toast-text";
  text.textContent = toast.text;
  shown.append(text);
  const { action } = toast;
  if (action) shown.append(button(action.label, () => (action.run(), dismiss())));
  shown.append(button("✕", dismiss, gettext("Close")));
  shown.addEventListener("mouseenter", () => window.clearTimeout(timer));
  shown.addEventListener("mouseleave", () => {
    if (toast.kind !== "error") timer = window.setTimeout(dismiss, SHOWN_FOR / 2);
  });
  return shown;
}

function button(text: string, press: () => void, label?: string): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "toast-button";
  made.textContent = text;
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", press);
  return made;
}

function dismiss(): void {
  clear();
  next();
}

function clear(): void {
  window.clearTimeout(timer);
  region().replaceChildren();
}

function region(): HTMLElement {
  const found = document.getElementById("toasts");
  if (found) return found;
  const made = document.createElement("div");
  made.id = "toasts";
  made.className = "toasts";
  document.body.append(made);
  return made;
}
