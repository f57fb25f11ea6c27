// Finds by scattered letters, in either language and whatever layout the keyboard was left in.

const LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`";
const CYRILLIC = "йцукенгшщзхъфывапролджэячсмитьбюё";
const OTHER_LAYOUT = new Map([...LATIN].flatMap((key, at) => [[key, CYRILLIC[at] ?? key], [CYRILLIC[at] ?? key, key]] as [string, string][]));

/** Say how well the typed text fits the best of the names: 0 is not at all. */
export function score(typed: string, names: string[]): number {
  const text = plain(typed);
  const swapped = [...text].map((letter) => OTHER_LAYOUT.get(letter) ?? letter).join("");
  return Math.max(0, ...names.flatMap((name) => [fit(text, plain(name)), fit(swapped, plain(name)) * 0.9]));
}

function plain(text: string): string {
  return text.toLocaleLowerCase().replaceAll("ё", "е").trim();
}

function fit(text: string, name: string): number {
  if (!text) return 1;
  const whole = name.indexOf(text);
  if (whole === 0) return 100;
  if (whole > 0) return /[\s/_-]/.test(name[whole - 1] ?? "") ? 80 : 50;
  let at = -1;
  let gaps = 0;
  for (const letter of text) {
    if (letter === " ") continue;
    const next = name.indexOf(letter, at + 1);
    if (next < 0) return 0;
    if (at >= 0) gaps += next - at - 1;
    at = next;
  }
  return gaps > text.length * 2 ? 0 : 30 / (1 + gaps);
}
