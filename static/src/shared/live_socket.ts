// A WebSocket that comes back by itself: it waits longer after each failure, and says when it is open again so that its user catches up.

type Handlers = {
  onEvent(event: unknown): void;
  /** Each opening, the first one too: ask here for what was missed. */
  onOpen?(): void;
  onState?(connected: boolean): void;
  /** The server will not have us (not signed in, no longer a member): there is no coming back. */
  onRefused?(): void;
};

const REFUSALS = [4403, 4404];

const FIRST_WAIT = 500;
const LONGEST_WAIT = 20_000;

export class LiveSocket {
  #socket: WebSocket | null = null;
  #failures = 0;
  #timer = 0;
  #closed = false;

  constructor(
    private readonly path: string,
    private readonly handlers: Handlers,
  ) {
    window.addEventListener("online", this.#now);
    document.addEventListener("visibilitychange", this.#now);
    this.#connect();
  }

  /** Send an event; it is lost when the line is down, so nothing that matters goes this way. */
  send(event: unknown): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(event));
  }

  /** Give up a line that has gone silent, and make a new one. */
  renew(): void {
    const silent = this.#socket;
    if (this.#closed || !silent) return;
    this.#socket = null;
    silent.close();
    this.handlers.onState?.(false);
    this.#later();
  }

  close(): void {
    this.#closed = true;
    window.clearTimeout(this.#timer);
    window.removeEventListener("online", this.#now);
    document.removeEventListener("visibilitychange", this.#now);
    this.#socket?.close();
  }

  #connect(): void {
    const address = new URL(this.path, window.location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.onopen = () => {
      this.#failures = 0;
      this.handlers.onState?.(true);
      this.handlers.onOpen?.();
    };
    socket.onmessage = ({ data }) => this.handlers.onEvent(JSON.parse(String(data)));
    socket.onclose = ({ code }) => {
      if (this.#closed || this.#socket !== socket) return;
      if (REFUSALS.includes(code)) {
        this.close();
        this.handlers.onRefused?.();
        return;
      }
      this.#socket = null;
      this.handlers.onState?.(false);
      this.#later();
    };
  }

  #later(): void {
    // Half of the wait is chance: after a restart of the server not everybody comes back in the same second.
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures) * (0.5 + Math.random() / 2);
    this.#failures += 1;
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#connect(), wait);
  }

  readonly #now = (): void => {
    if (this.#closed || this.#socket || document.visibilityState === "hidden") return;
    window.clearTimeout(this.#timer);
    this.#connect();
  };
}
