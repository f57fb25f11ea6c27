// The left column: folders, filters, search, and the conversations.
import { useEffect, useRef, useState } from "react";
import { ago, exactly, lasting, number } from "@shared/format";
import { gettext, interpolate, pgettext } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { Bot, Clock, MessagesSquare, Paperclip, Search, X } from "lucide-react";
import { addressOf } from "./address";
import { Face } from "./face";
import { faceColour, fileWord, initials, nameOf } from "./naming";
import { shown } from "./shown";
import type { Conversation, Filters, Folder } from "./types";
import { go, useNow, usePanel } from "./use_panel";

const TYPING_PAUSE = 250;

export function ConversationList() {
  return (
    <section className="chats-list" aria-label={gettext("Conversations")}>
      <header className="chats-list-head">
        <h1 className="chats-title">{gettext("Chats")}</h1>
        <SearchBox />
        <Folders />
        <FilterRow />
      </header>
      <Rows />
    </section>
  );
}

function SearchBox() {
  const { panel, state } = usePanel();
  const { search } = state.filters;
  const [words, setWords] = useState(search);
  const asked = useRef(search);
  // The search may change without this box: the back button returns to another list.
  useEffect(() => {
    if (search !== asked.current) setWords(search);
    asked.current = search;
  }, [search]);
  useEffect(() => {
    if (words.trim() === asked.current) return;
    const timer = window.setTimeout(() => {
      asked.current = words.trim();
      void panel.loadList({ search: asked.current });
    }, TYPING_PAUSE);
    return () => window.clearTimeout(timer);
  }, [panel, words]);
  return (
    <label className="chats-search">
      <Icon of={Search} />
      <span className="sr-only">{gettext("Search by name, phone or e-mail")}</span>
      <input type="search" value={words} placeholder={gettext("Name, phone or e-mail")} maxLength={100} onChange={(event) => setWords(event.target.value)} />
      {words && (
        <button type="button" className="chats-clear" onClick={() => setWords("")} title={gettext("Clear the search")}>
          <Icon of={X} label={gettext("Clear the search")} />
        </button>
      )}
    </label>
  );
}

function folders(): { id: Folder; name: string }[] {
  return [
    { id: "all", name: pgettext("conversations", "All") },
    { id: "unassigned", name: gettext("Unassigned") },
    { id: "mine", name: pgettext("conversations", "Mine") },
    { id: "bot", name: pgettext("conversations", "Bot") },
  ];
}

function Folders() {
  const { panel, state } = usePanel();
  const counts: Partial<Record<Folder, number>> = {
    unassigned: state.unread[""] ?? 0,
    mine: state.unread[String(panel.boot.me.id)] ?? 0,
  };
  return (
    <nav className="chats-folders" aria-label={gettext("Folders")}>
      {folders().map(({ id, name }) => (
        <button key={id} type="button" className="chats-folder" aria-pressed={state.filters.folder === id} onClick={() => void panel.loadList({ folder: id })}>
          {name}
          {!!counts[id] && <span className="chats-folder-count">{number(counts[id])}</span>}
        </button>
      ))}
    </nav>
  );
}

function FilterRow() {
  const { panel, state } = usePanel();
  const { channels } = panel.boot;
  return (
    <div className="chats-filters">
      <select aria-label={pgettext("conversations", "State")} value={state.filters.state} onChange={(event) => void panel.loadList({ state: event.target.value as Filters["state"] })}>
        <option value="open">{pgettext("conversations", "Open")}</option>
        <option value="closed">{pgettext("conversations", "Closed")}</option>
        <option value="">{gettext("Open and closed")}</option>
      </select>
      {channels.length > 1 && (
        <select aria-label={gettext("Channel")} value={state.filters.channel ?? ""} onChange={(event) => void panel.loadList({ channel: Number(event.target.value) || null })}>
          <option value="">{gettext("All channels")}</option>
          {channels.map((channel) => (
            <option key={channel.id} value={channel.id}>
              {channel.name}
            </option>
          ))}
        </select>
      )}
      <select aria-label={pgettext("conversations", "Order")} value={state.filters.sort} onChange={(event) => void panel.loadList({ sort: event.target.value as Filters["sort"] })}>
        <option value="newest">{gettext("Newest first")}</option>
        <option value="wait">{gettext("Longest wait first")}</option>
      </select>
    </div>
  );
}

function Rows() {
  const { panel, state } = usePanel();
  const now = useNow();
  const rows = shown(state, panel.boot.me.id);
  if (state.list === "loading" && rows.length === 0) return <Skeletons />;
  if (state.list === "failed" && rows.length === 0) return <Failed />;
  if (rows.length === 0) return <Nothing />;
  return (
    <ul className="chats-rows" aria-busy={state.list === "loading"}>
      {rows.map((row) => (
        <Row key={row.id} row={row} now={now} current={row.id === state.open} />
      ))}
      {state.after && <More />}
    </ul>
  );
}

function Row({ row, now, current }: { row: Conversation; now: number; current: boolean }) {
  const { panel, state } = usePanel();
  const name = nameOf(row);
  return (
    <li>
      <a
        className="chats-row"
        href={addressOf(panel.boot, row.id, state.filters)}
        aria-current={current ? "true" : undefined}
        data-conversation={row.id}
        data-closed={row.state === "closed" || undefined}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          go(panel, row.id);
        }}
      >
        <Face row={row} size="face-40" />
        <span className="chats-row-name">{name}</span>
        {row.last_message_at && (
          <time className="chats-row-time" dateTime={row.last_message_at} title={exactly(row.last_message_at)}>
            {ago(row.last_message_at, now)}
          </time>
        )}
        <LastLine row={row} />
        <RowMarks row={row} now={now} />
      </a>
    </li>
  );
}

function LastLine({ row }: { row: Conversation }) {
  const { last } = row;
  const { panel } = usePanel();
  if (!last) return <span className="chats-row-line" />;
  const mine = last.direction === "out" && last.source === "member";
  return (
    <span className="chats-row-line" data-unread={row.unread > 0 || undefined}>
      {last.direction === "out" && last.source === "bot" && <Icon of={Bot} label={gettext("Bot")} />}
      {last.file && !last.deleted && <Icon of={Paperclip} label={fileWord(last.file)} />}
      <span>
        {mine && (row.assignee?.id === panel.boot.me.id ? gettext("You: ") : gettext("We: "))}
        {last.deleted ? gettext("Deleted message") : last.text || (last.file ? fileWord(last.file) : gettext("Location"))}
      </span>
    </span>
  );
}

function RowMarks({ row, now }: { row: Conversation; now: number }) {
  return (
    <span className="chats-row-marks">
      {row.waiting_since && now - Date.parse(row.waiting_since) >= 60_000 && (
        <span className="chats-wait" title={gettext("Waits for an answer")}>
          <Icon of={Clock} label={gettext("Waits for an answer")} />
          {lasting(now - Date.parse(row.waiting_since))}
        </span>
      )}
      {row.assignee && (
        <span className={`face face-20 ${faceColour(row.assignee.id)}`} title={row.assignee.name}>
          <span aria-hidden="true">{initials(row.assignee.name)}</span>
          <span className="sr-only">{interpolate(gettext("Answered by %(name)s"), { name: row.assignee.name })}</span>
        </span>
      )}
      {row.unread > 0 && (
        <span className="counter">
          {number(row.unread)}
          <span className="sr-only"> {gettext("unread")}</span>
        </span>
      )}
    </span>
  );
}

function More() {
  const { panel, state } = usePanel();
  const place = useRef<HTMLLIElement>(null);
  useEffect(() => {
    const watcher = new IntersectionObserver(([seen]) => seen?.isIntersecting && void panel.loadMore(), { rootMargin: "200px" });
    if (place.current) watcher.observe(place.current);
    return () => watcher.disconnect();
  }, [panel, state.after]);
  return (
    <li ref={place} className="chats-more">
      <button type="button" className="btn btn-ghost btn-sm" onClick={() => void panel.loadMore()} aria-busy={state.loadingMore}>
        <span className="spinner" aria-hidden="true" />
        {gettext("Show more")}
      </button>
    </li>
  );
}

function Skeletons() {
  return (
    <div className="chats-rows" role="status" aria-label={gettext("Loading conversations")}>
      {[0, 1, 2, 3, 4, 5].map((number) => (
        <div key={number} className="chats-row" aria-hidden="true">
          <span className="skeleton chats-skeleton-face" />
          <span className="skeleton chats-skeleton-name" />
          <span className="skeleton chats-skeleton-line" />
        </div>
      ))}
    </div>
  );
}

function Failed() {
  const { panel } = usePanel();
  return (
    <div className="empty" role="alert">
      <p className="empty-title">{gettext("The conversations could not be loaded")}</p>
      <p className="empty-text">{gettext("Nothing is lost. Check the connection and try again.")}</p>
      <button type="button" className="btn" onClick={() => void panel.loadList()}>
        {gettext("Try again")}
      </button>
    </div>
  );
}

function Nothing() {
  const { panel, state } = usePanel();
  const { filters } = state;
  if (filters.search) return <Empty title={gettext("Nobody found")} text={gettext("The newest conversations were searched by name, phone and e-mail.")} />;
  if (filters.folder === "mine") return <Empty title={gettext("You have no conversations")} text={gettext("Take one from the unassigned, and it will stand here.")} />;
  if (filters.folder !== "all" || filters.channel !== null || filters.sort !== "newest") {
    return <Empty title={gettext("Nothing here now")} text={gettext("New conversations appear by themselves.")} />;
  }
  if (filters.state !== "open") return <Empty title={gettext("No closed conversations")} text={gettext("What you close is kept here.")} />;
  if (panel.boot.channels.length > 0) {
    return <Empty title={gettext("No conversations yet")} text={gettext("Write to your own channel, and the conversation will appear here at once.")} connect={gettext("Open the channels")} />;
  }
  return <Empty title={gettext("No conversations yet")} text={gettext("Connect a channel: what people write there comes here.")} connect={gettext("Connect a channel")} />;
}

function Empty({ title, text, connect }: { title: string; text: string; connect?: string }) {
  const { panel } = usePanel();
  return (
    <div className="empty">
      <Icon of={MessagesSquare} size={20} className="chats-empty-icon" />
      <p className="empty-title">{title}</p>
      <p className="empty-text">{text}</p>
      {connect && panel.boot.connectUrl && (
        <a className="btn btn-primary" href={panel.boot.connectUrl}>
          {connect}
        </a>
      )}
    </div>
  );
}
