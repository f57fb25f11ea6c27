// One message in the thread: who said it, what it says, what became of it.
import { type ReactNode, useState } from "react";
import { exactly, time } from "@shared/format";
import { gettext, interpolate, pgettext } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { Bot, Check, CheckCheck, CircleAlert, CircleHelp, Clock, MapPin, Megaphone, RotateCcw, Undo2, UserCheck } from "lucide-react";
import { ask } from "./api";
import { Corrections } from "./corrections";
import { failure, outcomeWord, reasonWords, statusWord } from "./fate";
import { File, Files } from "./files";
import { speakerOf } from "./naming";
import type { Outgoing } from "./outgoing";
import type { Attempt, Message, Span, Status } from "./types";
import { usePanel } from "./use_panel";

export function Bubble({ message, follows }: { message: Message; follows: boolean }) {
  const { panel } = usePanel();
  const side = message.direction;
  const failed = failure(message, panel.boot.reasons);
  return (
    <div className="chats-bubble-row" data-side={side} data-follows={follows || undefined} data-message={message.id}>
      {side === "out" && !follows && <Speaker message={message} />}
      <div className="chats-bubble" data-side={side} data-source={message.source} data-failed={failed ? true : undefined} data-deleted={message.deleted_at ? true : undefined}>
        <Body message={message} />
        <span className="chats-bubble-foot">
          {side === "out" && <Corrections message={message} />}
          <Corrected message={message} />
          <time dateTime={message.at} title={exactly(message.at)}>
            {time(message.at)}
          </time>
          {side === "out" && <Ticks status={message.status} />}
        </span>
      </div>
      {failed && <Failure message={message} what={failed.what} todo={failed.todo} />}
    </div>
  );
}

function Speaker({ message }: { message: Message }) {
  const { panel } = usePanel();
  if (message.source === "member" && message.author?.id === panel.boot.me.id) return null;
  return (
    <span className="chats-speaker">
      {message.source === "bot" && <Icon of={Bot} />}
      {message.source === "broadcast" && <Icon of={Megaphone} />}
      {speakerOf(message)}
    </span>
  );
}

// A message that was taken back stays readable here: the answer to it may depend on what it said.
function Corrected({ message }: { message: Message }) {
  const at = message.deleted_at ?? message.edited_at;
  if (!at) return null;
  const word = message.edited_at === at ? pgettext("message", "edited") : message.direction === "in" ? gettext("deleted by the person") : pgettext("message", "deleted");
  return <span title={exactly(at)}>{word}</span>;
}

function Body({ message }: { message: Message }) {
  const { subject, spans, attachments, buttons, cards, location } = message.content;
  return (
    <>
      {subject && <strong className="chats-subject">{subject}</strong>}
      <Files files={attachments} />
      {spans.some((span) => span.text) && <p className="chats-text">{spans.map((span, index) => <Piece key={index} span={span} />)}</p>}
      {cards.map((card, index) => (
        <div key={index} className="chats-piece">
          {card.image && <File file={card.image} />}
          <strong>{card.title}</strong>
          {card.text && <p className="chats-text">{card.text}</p>}
        </div>
      ))}
      {location && (
        <a className="chats-file" href={`https://www.openstreetmap.org/?mlat=${location.latitude}&mlon=${location.longitude}#map=16/${location.latitude}/${location.longitude}`} target="_blank" rel="noreferrer">
          <Icon of={MapPin} />
          {location.title || gettext("Location")}
        </a>
      )}
      {buttons.length > 0 && (
        <ul className="chats-buttons" aria-label={gettext("Buttons")}>
          {buttons.map((button, index) => (
            <li key={index}>{button.text}</li>
          ))}
        </ul>
      )}
    </>
  );
}

function Piece({ span }: { span: Span }) {
  let shown = <>{span.href ? span.text : linked(span.text)}</>;
  for (const style of span.styles) {
    if (style === "bold") shown = <strong>{shown}</strong>;
    else if (style === "italic") shown = <em>{shown}</em>;
    else if (style === "struck") shown = <s>{shown}</s>;
    else if (style === "code") shown = <code>{shown}</code>;
  }
  if (!span.href) return shown;
  return (
    <a href={span.href} target="_blank" rel="noreferrer nofollow">
      {shown}
    </a>
  );
}

// In what people type, addresses are to be followed, too.
function linked(text: string): ReactNode[] {
  return text.split(/(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]}»])/i).map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      <a key={index} href={part} target="_blank" rel="noreferrer nofollow">
        {part}
      </a>
    ),
  );
}

function Ticks({ status }: { status: Status }) {
  const drawing = { queued: Clock, sending: Clock, sent: Check, delivered: CheckCheck, read: CheckCheck, uncertain: CircleHelp, canceled: Undo2, rejected: CircleAlert, unreachable: CircleAlert, received: Check }[status];
  const word = statusWord(status);
  return (
    <span className="chats-ticks" data-status={status} title={word}>
      <Icon of={drawing} label={word} />
    </span>
  );
}

function Failure({ message, what, todo }: { message: Message; what: string; todo: string }) {
  const { panel } = usePanel();
  const [busy, setBusy] = useState(false);
  const decide = async (decision: "retry" | "arrived"): Promise<void> => {
    setBusy(true);
    await panel.decide(message, decision);
    setBusy(false);
  };
  return (
    <div className="chats-failure" data-status={message.status}>
      <p>
        {what} {todo}
      </p>
      <div className="chats-failure-foot">
        {message.retriable && (
          <button type="button" className="btn btn-sm" disabled={busy} onClick={() => void decide("retry")}>
            <Icon of={RotateCcw} />
            {message.status === "uncertain" ? gettext("Send again") : gettext("Try again")}
          </button>
        )}
        {message.status === "uncertain" && (
          <button type="button" className="btn btn-sm" disabled={busy} onClick={() => void decide("arrived")}>
            <Icon of={UserCheck} />
            {gettext("It arrived")}
          </button>
        )}
        {message.attempts > 0 && <Attempts message={message} />}
      </div>
    </div>
  );
}

function Attempts({ message }: { message: Message }) {
  const { panel } = usePanel();
  const [tries, setTries] = useState<Attempt[] | null>(null);
  const load = async (open: boolean): Promise<void> => {
    if (!open) return;
    const answer = await ask<{ attempts: Attempt[] }>(`${panel.boot.data}messages/${message.id}/attempts/`).catch(() => ({ attempts: [] }));
    setTries(answer.attempts);
  };
  return (
    <details className="chats-attempts" onToggle={(event) => void load(event.currentTarget.open)}>
      <summary>{interpolate(gettext("Attempts: %(count)s"), { count: message.attempts })}</summary>
      {tries === null ? (
        <span className="skeleton" />
      ) : (
        <ol>
          {tries.map((one) => (
            <li key={one.number}>
              <time dateTime={one.started_at}>{exactly(one.started_at)}</time> · {outcomeWord(one.outcome)}
              {one.reason && <> · {reasonWords(one.reason, panel.boot.reasons)}</>}
            </li>
          ))}
        </ol>
      )}
    </details>
  );
}

export function OutgoingBubble({ one }: { one: Outgoing }) {
  const { panel } = usePanel();
  const held = one.state === "asks" || one.state === "refused";
  return (
    <div className="chats-bubble-row" data-side="out" data-outgoing={one.state}>
      <div className={one.note ? "chats-note" : "chats-bubble"} data-side="out" data-source="member" data-failed={held || undefined}>
        <Files files={one.files} />
        {one.text && <p className="chats-text">{one.text}</p>}
        <span className="chats-bubble-foot">
          <time dateTime={one.at}>{time(one.at)}</time>
          <span className="chats-ticks" title={statusWord("queued")}>
            <Icon of={held ? CircleAlert : Clock} label={held ? gettext("Not sent") : statusWord("queued")} />
          </span>
        </span>
      </div>
      {one.state === "waiting" && <p className="chats-failure">{gettext("No connection. The message will leave as soon as it is back.")}</p>}
      {held && (
        <div className="chats-failure" role="alert" data-code={one.code}>
          <p>{one.problem}</p>
          <div className="chats-failure-foot">
            {one.state === "asks" && (
              <button type="button" className="btn btn-sm btn-primary" onClick={() => panel.sendAnyway(one.clientId)}>
                {one.code === "taken_by_other" ? gettext("Take over and send") : gettext("Send anyway")}
              </button>
            )}
            <button type="button" className="btn btn-sm" onClick={() => panel.edit(one.clientId)}>
              {gettext("Back to editing")}
            </button>
          </div>
        </div>
      )}
    </div>
  );
}
