// `<select data-combobox>` becomes a field that searches its options; without scripts it stays a select, and the form sends the same.
import { gettext } from "@shared/i18n";
import { score } from "./fuzzy";

const SHOWN = 50;

export function startCombobox(part: ParentNode): void {
  for (const select of part.querySelectorAll<HTMLSelectElement>("select[data-combobox]")) if (!select.hidden) enliven(select);
}

function enliven(select: HTMLSelectElement): void {
  const box = document.createElement("div");
  box.className = "combobox";
  const input = document.createElement("input");
  const list = document.createElement("div");
  const id = select.id || `combobox-${Math.random().toString(36).slice(2)}`;
  select.id = `${id}-value`;
  Object.assign(input, { id, type: "text", className: "input", autocomplete: "off", spellcheck: false });
  Object.assign(list, { id: `${id}-list`, className: "combobox-list", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", select.labels?.[0]?.textContent?.trim() || select.getAttribute("aria-label") || "");
  for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list" }))
    input.setAttribute(name, value);
  for (const name of ["aria-describedby", "aria-invalid", "aria-label"]) {
    const value = select.getAttribute(name);
    if (value) input.setAttribute(name, value);
  }
  input.required = select.required;
  select.required = false;
  select.hidden = true;
  select.before(box);
  box.append(input, list, select);

  let at = 0;
  let options: HTMLOptionElement[] = [];
  const rest = (): void => {
    input.value = select.selectedOptions[0]?.text ?? "";
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (option: HTMLOptionElement | undefined): void => {
    if (option) {
      select.value = option.value;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }
    rest();
  };
  const draw = (): void => {
    list.replaceChildren(
      ...options.map((option, index) => {
        const row = document.createElement("div");
        row.className = "combobox-option";
        row.id = `${list.id}-${index}`;
        row.textContent = option.text;
        row.setAttribute("role", "option");
        row.setAttribute("aria-selected", String(index === at));
        row.addEventListener("pointerdown", (event) => (event.preventDefault(), choose(option)));
        return row;
      }),
    );
    if (options.length === 0) {
      const none = document.createElement("div");
      none.className = "combobox-none";
      none.textContent = gettext("Nothing found");
      list.append(none);
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    const row = list.children[at];
    row?.scrollIntoView({ block: "nearest" });
    if (row && options.length) input.setAttribute("aria-activedescendant", row.id);
  };
  const search = (text: string): void => {
    const all = [...select.options].filter((option) => !option.disabled);
    const scored = text ? all.map((option) => ({ option, value: score(text, [option.text]) })).filter(({ value }) => value > 0) : [];
    options = text ? scored.sort((a, b) => b.value - a.value).map(({ option }) => option).slice(0, SHOWN) : all;
    at = text ? 0 : Math.max(0, options.findIndex((option) => option.selected));
    draw();
  };
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => list.hidden && search(""));
  input.addEventListener("input", () => search(input.value));
  input.addEventListener("blur", rest);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) return search("");
      at = Math.max(0, Math.min(options.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)));
      draw();
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault();
      choose(options[at]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      rest();
    }
  });
  rest();
}
