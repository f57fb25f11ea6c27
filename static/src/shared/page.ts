// What the server tells every page about itself: CSRF token, zone, data for islands.

function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
}

export const csrfToken = (): string => meta("csrf-token");

/** The zone in which this page's times are shown: the workspace's own. */
export const timeZone = (): string => meta("time-zone") || "UTC";

/** Read what a template wrote with `{{ data|json_script:"id" }}`. */
export function pageData<T>(id: string): T {
  const element = document.getElementById(id);
  if (!element?.textContent) throw new Error(`The page has no data "${id}".`);
  return JSON.parse(element.textContent) as T;
}
