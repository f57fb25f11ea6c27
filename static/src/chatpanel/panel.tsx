// The panel's three columns (on a phone: three pages), its keys, its place in the address bar and the window's title.
import { useEffect, useState } from "react";
import { number } from "@shared/format";
import { gettext } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { registerShortcut } from "@shared/shortcuts";
import { WifiOff } from "lucide-react";
import { addressed, addressOf, filtersAddressed } from "./address";
import { ContactColumn } from "./card";
import { ConversationList } from "./list";
import { shown } from "./shown";
import { ThreadColumn } from "./thread";
import { go, usePanel } from "./use_panel";

const CARD_SHOWN = "kaskad.chats.card";
const WIDE = "(min-width: 1200px)";

export function PanelPage() {
  const { state } = usePanel();
  const [card, setCard] = useCard(state.open);
  useAddress();
  useKeys();
  useTitle();
  const row = state.thread ? state.conversations.get(state.thread.id) : undefined;
  const page = state.open === null ? "list" : card ? "card" : "thread";
  return (
    <div className="chats" data-page={page} data-line={state.line}>
      <Line />
      <ConversationList />
      <ThreadColumn onCard={() => setCard(!card)} cardShown={card} />
      {row && card && <ContactColumn row={row} card={state.thread?.card ?? null} onBack={() => setCard(false)} />}
    </div>
  );
}

// On a wide screen the card stays as the person left it; elsewhere it would cover the talk, so it is closed at first.
function useCard(open: number | null): [boolean, (shown: boolean) => void] {
  const wide = (): boolean => window.matchMedia(WIDE).matches;
  const [card, setCard] = useState(() => wide() && localStorage.getItem(CARD_SHOWN) !== "no");
  useEffect(() => {
    if (!wide()) setCard(false);
  }, [open]);
  const choose = (shown: boolean): void => {
    if (wide()) localStorage.setItem(CARD_SHOWN, shown ? "yes" : "no");
    setCard(shown);
  };
  return [card, choose];
}

function Line() {
  const { panel, state } = usePanel();
  if (state.line === "lost") {
    return (
      <div className="chats-line" role="status">
        <Icon of={WifiOff} />
        {gettext("The connection was lost, restoring it…")}
      </div>
    );
  }
  if (state.line !== "gone") return null;
  return (
    <div className="chats-line" role="alert">
      <Icon of={WifiOff} />
      {gettext("You are signed out, or may not answer chats here any more. What you have typed is kept.")}
      <a className="btn btn-sm" href={panel.boot.root}>
        {gettext("Reload")}
      </a>
    </div>
  );
}

function useAddress(): void {
  const { panel, state } = usePanel();
  const { filters } = state;
  useEffect(() => {
    const address = addressOf(panel.boot, panel.state.open, filters);
    if (location.pathname + location.search !== address) history.replaceState(null, "", address);
  }, [panel, filters]);
  useEffect(() => {
    const follow = (): void => {
      const wanted = filtersAddressed(panel.boot);
      panel.openConversation(addressed(panel.boot));
      if (addressOf(panel.boot, null, wanted) !== addressOf(panel.boot, null, panel.state.filters)) void panel.loadList(wanted);
    };
    window.addEventListener("popstate", follow);
    return () => window.removeEventListener("popstate", follow);
  }, [panel]);
}

function useKeys(): void {
  const { panel } = usePanel();
  useEffect(() => {
    const group = gettext("Chats");
    const step = (by: number): void => {
      const rows = shown(panel.state, panel.boot.me.id);
      const at = rows.findIndex((row) => row.id === panel.state.open);
      const next = rows[at < 0 ? 0 : at + by];
      if (next) go(panel, next.id);
    };
    const close = (): void => {
      const row = panel.state.conversations.get(panel.state.open ?? 0);
      if (row) void panel.act(row.state === "open" ? "close" : "reopen");
    };
    const taken = [
      registerShortcut({ id: "chats.next", label: gettext("Next conversation"), group, code: "KeyJ", alt: true, everywhere: true, run: () => step(1) }),
      registerShortcut({ id: "chats.previous", label: gettext("Previous conversation"), group, code: "KeyK", alt: true, everywhere: true, run: () => step(-1) }),
      registerShortcut({ id: "chats.close", label: gettext("Close or reopen the conversation"), group, code: "KeyE", alt: true, everywhere: true, run: close }),
      registerShortcut({ id: "chats.leave", label: gettext("Leave the conversation"), group, code: "Escape", run: () => go(panel, null) }),
    ];
    return () => taken.forEach((giveBack) => giveBack());
  }, [panel]);
}

// The unread ones that wait for this person or for anybody stand in the title of the window and in the menu.
function useTitle(): void {
  const { panel, state } = usePanel();
  const count = (state.unread[""] ?? 0) + (state.unread[String(panel.boot.me.id)] ?? 0);
  useEffect(() => {
    const bare = document.title.replace(/^\(\d+\) /, "");
    document.title = count ? `(${count}) ${bare}` : bare;
    for (const badge of document.querySelectorAll<HTMLElement>('[data-badge="chats"]')) {
      badge.hidden = count === 0;
      badge.textContent = count > 99 ? "99+" : number(count);
    }
  }, [count]);
}
