// Texts in the reader's language, from Django's catalogue for islands (`/i18n/<language>.js`, loaded before every script).

type Catalogue = {
  gettext(text: string): string;
  ngettext(one: string, many: string, count: number): string;
  pgettext(context: string, text: string): string;
};

const catalogue = (globalThis as { django?: Partial<Catalogue> }).django;

export const language: string = document.documentElement.lang || "en";

/** Translate a text. */
export function gettext(text: string): string {
  return catalogue?.gettext?.(text) ?? text;
}

/** Translate a text that has a number in it. */
export function ngettext(one: string, many: string, count: number): string {
  return catalogue?.ngettext?.(one, many, count) ?? (count === 1 ? one : many);
}

/** Translate a text that means different things in different places. */
export function pgettext(context: string, text: string): string {
  return catalogue?.pgettext?.(context, text) ?? text;
}

/** Fill `%(name)s` places: `interpolate("Sent to %(name)s", { name })`. */
export function interpolate(text: string, values: Record<string, string | number>): string {
  return text.replace(/%\((\w+)\)[sd]/g, (place, name: string) => String(values[name] ?? place));
}
