// What the visitor's browser keeps for one channel. Where the site's page may keep nothing, it lasts as long as the page.

const memory = new Map<string, string>();

function name(key: string, what: string): string {
  return `kaskad:${key}:${what}`;
}

export function read(key: string, what: string): string {
  try {
    return localStorage.getItem(name(key, what)) ?? "";
  } catch {
    return memory.get(name(key, what)) ?? "";
  }
}

export function write(key: string, what: string, value: string): void {
  try {
    if (value) localStorage.setItem(name(key, what), value);
    else localStorage.removeItem(name(key, what));
  } catch {
    memory.set(name(key, what), value);
  }
}

export function readJson<T>(key: string, what: string): T | null {
  try {
    return JSON.parse(read(key, what)) as T;
  } catch {
    return null;
  }
}
