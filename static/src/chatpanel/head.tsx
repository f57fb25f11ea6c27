// Above the thread: with whom, who answers, who else is looking; take over, give back, assign, close.
import { useState } from "react";
import { gettext, interpolate } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { ArrowLeft, Bot, CircleCheck, Eye, Hand, PanelRight, RotateCcw } from "lucide-react";
import { Face } from "./face";
import { nameOf } from "./naming";
import { Question } from "./question";
import type { Conversation, Person } from "./types";
import { go, usePanel } from "./use_panel";

export function ThreadHead({ row, onCard, cardShown }: { row: Conversation; onCard(): void; cardShown: boolean }) {
  const { panel } = usePanel();
  const name = nameOf(row);
  return (
    <header className="chats-head">
      <button type="button" className="btn btn-ghost btn-square chats-back" onClick={() => go(panel, null)} title={gettext("To the list")}>
        <Icon of={ArrowLeft} size={20} label={gettext("To the list")} />
      </button>
      <Face row={row} />
      <div className="chats-head-who">
        <h2 className="chats-head-name">{name}</h2>
        <Presence row={row} />
      </div>
      <div className="chats-head-acts">
        <Ownership row={row} />
        <OpenState row={row} />
        <button type="button" className="btn btn-ghost btn-square chats-card-button" aria-pressed={cardShown} onClick={onCard} title={gettext("About the contact")}>
          <Icon of={PanelRight} size={20} label={gettext("About the contact")} />
        </button>
      </div>
    </header>
  );
}

function Presence({ row }: { row: Conversation }) {
  const { panel, state } = usePanel();
  const isMine = row.owner === "person" && row.assignee?.id === panel.boot.me.id;
  const others = state.viewers.filter((id) => id !== panel.boot.me.id).map((id) => nameById(panel.boot.members, id));
  return (
    <p className="chats-presence">
      <span className="chats-owner" data-owner={isMine ? "me" : row.owner}>
        <Icon of={row.owner === "bot" ? Bot : Hand} />
        {ownerWords(row, isMine)}
      </span>
      <span className="chats-around" role="status">
        {state.typing ? (
          <span data-presence="typing">{interpolate(gettext("%(name)s is writing an answer…"), { name: state.typing.person.name })}</span>
        ) : others.length > 0 ? (
          <span data-presence="looking">
            <Icon of={Eye} />
            {interpolate(gettext("Also looking: %(names)s"), { names: others.join(", ") })}
          </span>
        ) : (
          row.channel.name
        )}
      </span>
    </p>
  );
}

function nameById(members: Person[], id: number): string {
  return members.find((member) => member.id === id)?.name ?? gettext("a colleague");
}

function Ownership({ row }: { row: Conversation }) {
  const { panel } = usePanel();
  const [asking, setAsking] = useState<Person | null>(null);
  const [busy, setBusy] = useState(false);
  const isMine = row.owner === "person" && row.assignee?.id === panel.boot.me.id;
  const busily = async (work: Promise<unknown>): Promise<void> => {
    setBusy(true);
    await work;
    setBusy(false);
  };
  const take = (known: number | null): Promise<void> => busily(panel.takeOver(known).then(setAsking));
  const start = (): void => {
    const other = row.assignee && !isMine ? row.assignee : null;
    if (other) setAsking(other);
    else void take(null);
  };
  return (
    <>
      {isMine ? (
        <button type="button" className="btn btn-sm" disabled={busy} onClick={() => void busily(panel.act("give-back"))}>
          <Icon of={Bot} />
          {gettext("Give back to the bot")}
        </button>
      ) : (
        <button type="button" className="btn btn-sm btn-primary" disabled={busy} onClick={start}>
          <Icon of={Hand} />
          {gettext("Take over")}
        </button>
      )}
      {asking && (
        <Question
          title={interpolate(gettext("%(name)s is answering here"), { name: asking.name })}
          text={gettext("If you take over, your colleague will see it at once.")}
          yes={gettext("Take over")}
          onYes={() => {
            setAsking(null);
            void take(asking.id);
          }}
          onNo={() => setAsking(null)}
        />
      )}
    </>
  );
}

function ownerWords(row: Conversation, isMine: boolean): string {
  if (row.owner === "bot") return gettext("The bot answers");
  if (isMine) return gettext("You answer");
  if (row.assignee) return interpolate(gettext("%(name)s answers"), { name: row.assignee.name });
  return gettext("Waits for a person");
}

function OpenState({ row }: { row: Conversation }) {
  const { panel } = usePanel();
  const open = row.state === "open";
  const word = open ? gettext("Close") : gettext("Reopen");
  return (
    <button type="button" className="btn btn-sm" aria-label={word} title={word} onClick={() => void panel.act(open ? "close" : "reopen")}>
      <Icon of={open ? CircleCheck : RotateCcw} />
      <span className="chats-word">{word}</span>
    </button>
  );
}
