// How components read the panel: the store from context, its snapshot, a clock, the address bar.
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";
import { addressed, addressOf } from "./address";
import type { Panel, State } from "./store";

export const PanelContext = createContext<Panel | null>(null);

export function usePanel(): { panel: Panel; state: State } {
  const panel = useContext(PanelContext);
  if (!panel) throw new Error("No panel around this component.");
  return { panel, state: useSyncExternalStore(panel.subscribe, panel.snapshot) };
}

/** The present moment, renewed often enough for "5 min ago". */
export function useNow(every = 30_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), every);
    return () => window.clearInterval(timer);
  }, [every]);
  return now;
}

/** Show a conversation, or the list alone, and say so in the address. */
export function go(panel: Panel, id: number | null): void {
  if (addressed(panel.boot) !== id) history.pushState(null, "", addressOf(panel.boot, id, panel.state.filters));
  panel.openConversation(id);
}
