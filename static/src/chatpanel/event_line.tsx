// A line between messages: who took the conversation, gave it back, closed it; and notes for colleagues.
import { exactly, time } from "@shared/format";
import { gettext, interpolate } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { StickyNote } from "lucide-react";
import type { ThreadEvent } from "./types";
import { usePanel } from "./use_panel";

export function EventLine({ event }: { event: ThreadEvent }) {
  if (event.kind === "note") return <Note event={event} />;
  return (
    <div className="chats-event" data-event={event.kind}>
      <Sentence event={event} />
      <time dateTime={event.at} title={exactly(event.at)}>
        {time(event.at)}
      </time>
    </div>
  );
}

function Note({ event }: { event: ThreadEvent }) {
  return (
    <div className="chats-note">
      <div className="chats-note-head">
        <Icon of={StickyNote} />
        {interpolate(gettext("%(name)s, for colleagues only"), { name: event.actor?.name ?? gettext("Former member") })}
        <time dateTime={event.at} title={exactly(event.at)}>
          {time(event.at)}
        </time>
      </div>
      <p>{event.text}</p>
    </div>
  );
}

function Sentence({ event }: { event: ThreadEvent }) {
  const { panel } = usePanel();
  const name = event.actor?.name ?? gettext("Former member");
  const other = event.subject?.name ?? "";
  const mine = event.actor?.id === panel.boot.me.id;
  return <span>{interpolate(mine ? ownWords(event) : words(event), { name, other })}</span>;
}

function ownWords(event: ThreadEvent): string {
  switch (event.kind) {
    case "taken_over":
      return event.subject ? gettext("You took over from %(other)s") : gettext("You took over");
    case "given_back":
      return gettext("You gave the conversation back to the bot");
    case "assigned":
      return event.subject ? gettext("You assigned the conversation to %(other)s") : gettext("You made the conversation unassigned");
    case "closed":
      return gettext("You closed the conversation");
    default:
      return gettext("You reopened the conversation");
  }
}

function words(event: ThreadEvent): string {
  switch (event.kind) {
    case "taken_over":
      return event.subject ? gettext("%(name)s took over from %(other)s") : gettext("%(name)s took over");
    case "given_back":
      return gettext("%(name)s gave the conversation back to the bot");
    case "assigned":
      return event.subject ? gettext("%(name)s assigned the conversation to %(other)s") : gettext("%(name)s made the conversation unassigned");
    case "closed":
      return gettext("%(name)s closed the conversation");
    default:
      return gettext("%(name)s reopened the conversation");
  }
}
