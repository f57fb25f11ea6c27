// Calls to our own server: JSON in, JSON out, CSRF token attached, errors as one class.
import { gettext } from "./i18n";
import { csrfToken } from "./page";

export class RequestError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly body: unknown,
  ) {
    super(message);
  }
}

type Options = { method?: string; body?: unknown; signal?: AbortSignal };

/** Call an address of ours. Raises RequestError for anything but success; status 0 means the server was not reached. */
export async function request<T>(address: string, { method, body, signal }: Options = {}): Promise<T> {
  const form = body instanceof FormData;
  const init: RequestInit = {
    method: method ?? (body === undefined ? "GET" : "POST"),
    credentials: "same-origin",
    headers: {
      Accept: "application/json",
      "X-CSRFToken": csrfToken(),
      "X-Requested-With": "XMLHttpRequest",
      ...(body === undefined || form ? {} : { "Content-Type": "application/json" }),
    },
  };
  if (body !== undefined) init.body = form ? body : JSON.stringify(body);
  if (signal) init.signal = signal;
  let response: Response;
  try {
    response = await fetch(address, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new RequestError(0, gettext("No connection to Kaskad. Nothing was lost: try again."), null);
  }
  const answer = response.headers.get("Content-Type")?.includes("json") ? await response.json() : null;
  if (!response.ok) throw new RequestError(response.status, saying(response.status, answer), answer);
  return answer as T;
}

function saying(status: number, answer: unknown): string {
  const { message, detail } = (answer ?? {}) as { message?: unknown; detail?: unknown };
  if (typeof message === "string") return message;
  if (typeof detail === "string") return detail;
  if (status === 403) return gettext("You do not have the permission for this.");
  if (status === 404) return gettext("This no longer exists.");
  return gettext("Something went wrong on our side. Try again in a minute.");
}
