// The right column: who the person is, where he came from, where he stands in a flow.
import { type FormEvent, type ReactNode, useState } from "react";
import { exactly, languageName } from "@shared/format";
import { gettext, pgettext } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { MessengerMark } from "@shared/messenger_mark";
import { ArrowLeft, Pencil } from "lucide-react";
import { ask, refusal, words } from "./api";
import { Face } from "./face";
import { nameOf } from "./naming";
import type { Card, Changes, Conversation } from "./types";
import { usePanel } from "./use_panel";

export function ContactColumn({ row, card, onBack }: { row: Conversation; card: Card | null; onBack(): void }) {
  const name = nameOf(row);
  return (
    <aside className="chats-card" aria-label={gettext("About the contact")}>
      <header className="chats-card-head">
        <button type="button" className="btn btn-ghost btn-square chats-card-back" onClick={onBack} title={gettext("Back to the conversation")}>
          <Icon of={ArrowLeft} size={20} label={gettext("Back to the conversation")} />
        </button>
        <Face row={row} size="face-40" marked={false} />
        <div>
          <h2 className="chats-head-name">{name}</h2>
          <p className="chats-presence">{subscriberWord(row.subscriber)}</p>
        </div>
      </header>
      <dl className="chats-facts">
        <Fact label={gettext("Assigned to")}>
          <Assignee row={row} />
        </Fact>
      </dl>
      <dl className="chats-facts">
        <Editable row={row} field="name" label={gettext("Name")} />
        <Editable row={row} field="phone" label={gettext("Phone")} />
        <Editable row={row} field="email" label={gettext("E-mail")} />
      </dl>
      <dl className="chats-facts">
        <Fact label={gettext("Channel")}>
          <span className="chats-channel">
            <MessengerMark kind={row.channel.kind} />
            {row.channel.name}
          </span>
        </Fact>
        {card && <CardFacts card={card} />}
      </dl>
      {!card && <span className="skeleton" />}
    </aside>
  );
}

function Assignee({ row }: { row: Conversation }) {
  const { panel } = usePanel();
  const { members } = panel.boot;
  const absent = row.assignee && !members.some((member) => member.id === row.assignee?.id) ? [row.assignee] : [];
  return (
    <label className="chats-assignee">
      <span className="sr-only">{gettext("Assigned to")}</span>
      <select className="select" value={row.assignee?.id ?? ""} onChange={(event) => void panel.act("assign", { assignee: Number(event.target.value) || null })}>
        <option value="">{pgettext("assignee", "Unassigned")}</option>
        {[...members, ...absent].map((member) => (
          <option key={member.id} value={member.id}>
            {member.name}
          </option>
        ))}
      </select>
    </label>
  );
}

function subscriberWord(state: Conversation["subscriber"]): string {
  switch (state) {
    case "blocked":
      return gettext("Has blocked us");
    case "unsubscribed":
      return gettext("Has unsubscribed");
    default:
      return gettext("Subscriber");
  }
}

function CardFacts({ card }: { card: Card }) {
  const context = flattened(card.context);
  return (
    <>
      <Fact label={gettext("First seen")}>{exactly(card.first_seen)}</Fact>
      {card.language && <Fact label={gettext("Language")}>{languageName(card.language)}</Fact>}
      {card.time_zone && <Fact label={gettext("Time zone")}>{card.time_zone}</Fact>}
      {card.run && (
        <Fact label={gettext("In the flow")}>
          {card.run.flow} · {runWord(card.run.state)}
        </Fact>
      )}
      {context.map(([key, value]) => (
        <Fact key={key} label={contextWord(key)}>
          {/^https?:\/\//.test(value) ? (
            <a className="link" href={value} target="_blank" rel="noreferrer nofollow">
              {value.replace(/^https?:\/\//, "")}
            </a>
          ) : (
            value
          )}
        </Fact>
      ))}
    </>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="chats-fact">
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

// The visit's facts come as the site's page told them: a level of nesting (utm) is opened up.
function flattened(context: Record<string, unknown>): [string, string][] {
  const facts: [string, string][] = [];
  for (const [key, value] of Object.entries(context)) {
    if (key === "language") continue; // the contact's own language stands above
    if (value && typeof value === "object") facts.push(...flattened(value as Record<string, unknown>));
    else if (value) facts.push([key, String(value)]);
  }
  return facts;
}

function contextWord(key: string): string {
  switch (key) {
    case "page":
    case "url":
      return gettext("Page");
    case "title":
      return gettext("Page title");
    case "referrer":
      return gettext("Came from");
    default:
      return key;
  }
}

function runWord(state: string): string {
  switch (state) {
    case "waiting":
      return gettext("waits for an answer");
    case "finished":
      return gettext("finished");
    case "stopped":
      return gettext("stopped");
    case "failed":
      return gettext("stopped by an error");
    default:
      return gettext("under way");
  }
}

type Field = "name" | "phone" | "email";

function Editable({ row, field, label }: { row: Conversation; field: Field; label: string }) {
  const { panel } = usePanel();
  const [editing, setEditing] = useState(false);
  const value = row.contact[field];
  return (
    <div className="chats-fact">
      <dt>{label}</dt>
      <dd>
        {editing ? (
          <EditForm row={row} field={field} label={label} onDone={() => setEditing(false)} />
        ) : panel.boot.mayEditContacts ? (
          <button type="button" className="chats-edit" onClick={() => setEditing(true)} aria-label={`${label}: ${value || gettext("not known")}. ${gettext("Edit")}`}>
            <span className={value ? "" : "chats-unknown"}>{value || gettext("not known")}</span>
            <Icon of={Pencil} />
          </button>
        ) : (
          <span className={value ? "" : "chats-unknown"}>{value || gettext("not known")}</span>
        )}
      </dd>
    </div>
  );
}

function EditForm({ row, field, label, onDone }: { row: Conversation; field: Field; label: string; onDone(): void }) {
  const { panel } = usePanel();
  const [value, setValue] = useState(row.contact[field]);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      panel.take(await ask<Changes>(`${panel.boot.data}${row.id}/contact/`, { [field]: value }));
      onDone();
    } catch (error) {
      setProblem(refusal(error).fields[field] ?? words(error));
      setBusy(false);
    }
  };
  return (
    <form className="chats-edit-form" onSubmit={(event) => void save(event)}>
      <input
        className="input"
        autoFocus
        aria-label={label}
        aria-invalid={problem ? true : undefined}
        type={field === "email" ? "email" : field === "phone" ? "tel" : "text"}
        value={value}
        onChange={(event) => setValue(event.target.value)}
        onKeyDown={(event) => event.code === "Escape" && onDone()}
      />
      {problem && (
        <p className="field-error" role="alert">
          {problem}
        </p>
      )}
      <div className="chats-failure-foot">
        <button type="submit" className="btn btn-sm btn-primary" disabled={busy}>
          {gettext("Save")}
        </button>
        <button type="button" className="btn btn-sm" onClick={onDone}>
          {gettext("Cancel")}
        </button>
      </div>
    </form>
  );
}
