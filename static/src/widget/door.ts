// Calls to the door, and what their failures mean to the visitor.
import type { Attachment, Message, Place, Session, Waiting } from "./types";

/** The server answered and will not have it; asking again the same way would not help. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** No answer, or "not now": the same request may pass later. */
export class NotNow extends Error {
  constructor(readonly seconds = 0) {
    super("not now");
  }
}

export interface Door {
  session(token: string): Promise<Session>;
  changed(since: string): Promise<{ messages: Message[]; cursor: string; more: boolean }>;
  earlier(before: number): Promise<{ messages: Message[]; earlier: boolean }>;
  send(said: Waiting): Promise<void>;
  upload(file: Blob, name: string, progress: (share: number) => void): Promise<Attachment & { id: string }>;
  receipts(delivered: number[], read: number[]): Promise<void>;
  identify(token: string): void;
}

const UTM = ["utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"];

/** `languageHere` is that of the panel: refusals come in words. */
export function doorOf(place: Place, languageHere: () => string): Door {
  const base = `${place.base}/chat/${place.key}`;
  let token = "";

  async function call<T>(path: string, body?: unknown): Promise<T> {
    let response: Response;
    try {
      response = await fetch(`${base}/${path}`, {
        method: body === undefined ? "GET" : "POST",
        credentials: "omit",
        cache: "no-store",
        keepalive: path === "receipts",
        headers: { "Accept-Language": languageHere(), ...(body !== undefined && { "Content-Type": "application/json" }), ...(token && { Authorization: `Bearer ${token}` }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch {
      throw new NotNow();
    }
    return answer<T>(response.status, await response.text().catch(() => ""), Number(response.headers.get("Retry-After")));
  }

  return {
    identify: (word) => void (token = word),
    session(word) {
      const query = new URLSearchParams(location.search);
      const utm = Object.fromEntries(UTM.flatMap((name) => (query.get(name) ? [[name, (query.get(name) ?? "").slice(0, 300)]] : [])));
      return call<Session>("session", {
        token: word,
        page: location.href.slice(0, 2000),
        title: document.title.slice(0, 300),
        referrer: document.referrer.slice(0, 2000),
        language: navigator.language.slice(0, 16),
        utm,
      });
    },
    changed: (since) => call(`messages?since=${encodeURIComponent(since)}`),
    earlier: (before) => call(`messages?before=${before}`),
    async send({ client_id, text, phone, button, ticket }) {
      await call("messages", {
        client_id,
        ...(button ? { button } : phone ? { phone } : { text }),
        ...(ticket && { files: [ticket] }),
      });
    },
    async receipts(delivered, read) {
      await call("receipts", { delivered, read });
    },
    // fetch cannot tell how much of a body has left.
    upload: (file, name, progress) =>
      new Promise((resolve, reject) => {
        const form = new FormData();
        form.append("file", file, name);
        const request = new XMLHttpRequest();
        request.open("POST", `${base}/files`);
        request.setRequestHeader("Accept-Language", languageHere());
        request.setRequestHeader("Authorization", `Bearer ${token}`);
        request.upload.onprogress = (event) => progress(event.total ? event.loaded / event.total : 0);
        request.onerror = request.ontimeout = request.onabort = () => reject(new NotNow());
        request.onload = () => {
          try {
            resolve(answer(request.status, request.responseText, Number(request.status === 429 && request.getResponseHeader("Retry-After"))));
          } catch (error) {
            reject(error as Error);
          }
        };
        request.send(form);
      }),
  };
}

function answer<T>(status: number, text: string, wait: number): T {
  if (status >= 500 || status === 429 || status === 0) throw new NotNow(wait);
  const body = (text ? JSON.parse(text) : {}) as T & { error?: { code: string; message: string } };
  if (status >= 400) throw new Refused(body.error?.code ?? String(status), body.error?.message ?? "");
  return body;
}
