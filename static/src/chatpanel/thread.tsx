// The middle column: who and what state on top, the talk, the composer.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { dayName } from "@shared/format";
import { gettext } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { ArrowDown, MessagesSquare, SearchX } from "lucide-react";
import { Bubble, OutgoingBubble } from "./bubble";
import { Composer } from "./composer";
import { EventLine } from "./event_line";
import { ThreadHead } from "./head";
import { type Line, linesOf } from "./lines";
import type { Thread } from "./open_thread";
import { go, usePanel } from "./use_panel";

const NEAR = 80; // pixels from the bottom that still count as being there

export function ThreadColumn({ onCard, cardShown }: { onCard(): void; cardShown: boolean }) {
  const { state } = usePanel();
  const { thread } = state;
  const row = thread ? state.conversations.get(thread.id) : undefined;
  if (!thread) return <NothingOpen />;
  if (thread.state === "absent") return <Absent />;
  return (
    <section className="chats-thread" aria-label={gettext("Conversation")}>
      {row ? <ThreadHead row={row} onCard={onCard} cardShown={cardShown} /> : <div className="chats-head" />}
      {thread.state === "failed" && thread.messages.size === 0 ? <ThreadFailed id={thread.id} /> : <Talk key={thread.id} thread={thread} />}
      {row && <Composer key={row.id} row={row} />}
    </section>
  );
}

function Talk({ thread }: { thread: Thread }) {
  const { panel, state } = usePanel();
  const lines = useMemo(() => linesOf(thread, state.outgoing), [thread, state.outgoing]);
  const { box, away, toBottom, onScroll } = useScrolling(thread, lines);
  if (thread.state === "loading" && thread.messages.size === 0) return <TalkSkeleton />;
  return (
    <div className="chats-talk-box">
      {/* A scrolling region has to be reachable by keyboard. */}
      <div ref={box} className="chats-talk" tabIndex={0} role="log" aria-label={gettext("Messages")} onScroll={onScroll}>
        {thread.before !== null && (
          <button type="button" className="btn btn-ghost btn-sm chats-older" aria-busy={thread.loadingOlder} onClick={() => void panel.loadOlder()}>
            <span className="spinner" aria-hidden="true" />
            {gettext("Show earlier messages")}
          </button>
        )}
        {lines.map((line) => (
          <LineView key={line.key} line={line} />
        ))}
      </div>
      {away && (
        <button type="button" className="btn btn-sm chats-down" onClick={toBottom}>
          <Icon of={ArrowDown} />
          {gettext("To the newest")}
        </button>
      )}
    </div>
  );
}

function LineView({ line }: { line: Line }) {
  switch (line.kind) {
    case "day":
      return <div className="chats-day">{dayName(line.at)}</div>;
    case "new":
      return <div className="chats-new">{gettext("New since you looked")}</div>;
    case "event":
      return <EventLine event={line.event} />;
    case "outgoing":
      return <OutgoingBubble one={line.outgoing} />;
    case "message":
      return <Bubble message={line.message} follows={line.follows} />;
  }
}

// Stays at the bottom while the reader is there, keeps his place while older pages come, and says what was seen.
function useScrolling(thread: Thread, lines: Line[]) {
  const { panel } = usePanel();
  const box = useRef<HTMLDivElement>(null);
  const atBottom = useRef(true);
  const height = useRef(0);
  const oldest = useRef("");
  const [away, setAway] = useState(false);

  const toBottom = (): void => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  const saw = (): void => {
    if (!document.hidden && atBottom.current) void panel.sawAll();
  };
  const onScroll = (): void => {
    const element = box.current;
    if (!element) return;
    atBottom.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    setAway(!atBottom.current);
    if (element.scrollTop < NEAR && element.scrollHeight > element.clientHeight) void panel.loadOlder();
    saw();
  };

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const first = lines.find((line) => line.kind === "message")?.key ?? "";
    if (atBottom.current) toBottom();
    else if (first !== oldest.current) element.scrollTop += element.scrollHeight - height.current;
    oldest.current = first;
    height.current = element.scrollHeight;
  }, [lines]);

  useEffect(() => {
    saw();
    document.addEventListener("visibilitychange", saw);
    return () => document.removeEventListener("visibilitychange", saw);
  }, [thread.messages, thread.state]);

  // Pictures that load late and a composer that grows would push the newest line out of sight.
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const keep = (): void => void (atBottom.current && toBottom());
    const watcher = new ResizeObserver(keep);
    watcher.observe(element);
    element.addEventListener("load", keep, true);
    return () => {
      watcher.disconnect();
      element.removeEventListener("load", keep, true);
    };
  }, [thread.state]);

  return { box, away, toBottom, onScroll };
}

function TalkSkeleton() {
  return (
    <div className="chats-talk" role="status" aria-label={gettext("Loading the conversation")}>
      {["in", "out", "in", "out"].map((side, index) => (
        <div key={index} className="chats-bubble-row" data-side={side} aria-hidden="true">
          <span className="skeleton chats-skeleton-bubble" />
        </div>
      ))}
    </div>
  );
}

function NothingOpen() {
  return (
    <section className="chats-thread chats-thread-empty">
      <div className="empty">
        <Icon of={MessagesSquare} size={20} className="chats-empty-icon" />
        <p className="empty-title">{gettext("Choose a conversation")}</p>
        <p className="empty-text">{gettext("The talk and what is known of the person will stand here.")}</p>
      </div>
    </section>
  );
}

function Absent() {
  const { panel } = usePanel();
  return (
    <section className="chats-thread chats-thread-empty">
      <div className="empty" role="alert">
        <Icon of={SearchX} size={20} className="chats-empty-icon" />
        <p className="empty-title">{gettext("There is no such conversation")}</p>
        <p className="empty-text">{gettext("It was deleted, or the link belongs to another workspace.")}</p>
        <button type="button" className="btn" onClick={() => go(panel, null)}>
          {gettext("To the list")}
        </button>
      </div>
    </section>
  );
}

function ThreadFailed({ id }: { id: number }) {
  const { panel } = usePanel();
  return (
    <div className="empty chats-talk" role="alert">
      <p className="empty-title">{gettext("The conversation could not be loaded")}</p>
      <p className="empty-text">{gettext("Nothing is lost. Check the connection and try again.")}</p>
      <button type="button" className="btn" onClick={() => void panel.loadThread(id)}>
        {gettext("Try again")}
      </button>
    </div>
  );
}
