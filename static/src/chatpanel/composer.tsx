// Where an answer or a note is written. What is typed is kept at every stroke; what cannot be sent says why.
import { type ClipboardEvent, type DragEvent, type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import { fileSize } from "@shared/format";
import { gettext, interpolate, ngettext, pgettext } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { registerShortcut } from "@shared/shortcuts";
import { toast } from "@shared/toast";
import { FileText, Images, Paperclip, SendHorizontal, X } from "lucide-react";
import { type LibraryFile, LibraryDialog } from "../media/library_dialog";
import { ask, words } from "./api";
import { Cost } from "./cost";
import type { Uploaded } from "./outgoing";
import { Templates } from "./templates";
import type { Conversation } from "./types";
import { usePanel } from "./use_panel";

const TALLEST = 200; // pixels

export function Composer({ row }: { row: Conversation }) {
  const { state } = usePanel();
  const { sending, attach } = useUploads();
  const blocked = row.subscriber === "blocked";
  const closed = useIsPast(row.answer_until);
  const noting = state.draft.note;
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    if (!blocked && !closed && !noting) void attach([...event.dataTransfer.files]);
  };
  return (
    <footer className="chats-composer" data-note={noting || undefined} onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <Tabs />
      {(blocked || closed) && !noting ? (
        <div className="chats-blocked" role="status">
          <p>{closedWords(blocked, row.channel.templates)}</p>
          {!blocked && row.channel.templates && <Templates row={row} worded />}
        </div>
      ) : (
        <>
          {row.subscriber === "unsubscribed" && !noting && <p className="chats-blocked">{gettext("The person has unsubscribed from broadcasts. A personal answer still arrives.")}</p>}
          {row.channel.subjects && !noting && <Subject />}
          <Files sending={sending} />
          <Field row={row} attach={attach} />
          {row.channel.paid && !noting && <Cost row={row} />}
        </>
      )}
    </footer>
  );
}

function closedWords(blocked: boolean, templates: boolean): string {
  if (blocked) return gettext("This person has blocked us: messages do not arrive here. You can still leave a note for colleagues.");
  if (templates) return gettext("A day has passed since this person's last message: until he writes again, only templates may be sent.");
  return gettext("Too much time has passed since this person's last message: the messenger lets nothing through until he writes again. You can leave a note for colleagues.");
}

// Turns true while the page is open, at that very moment.
function useIsPast(moment: string | null): boolean {
  const until = moment ? Date.parse(moment) : Infinity;
  const [, look] = useState(0);
  useEffect(() => {
    const rest = until - Date.now();
    if (rest <= 0 || rest > 2 ** 31) return undefined;
    const timer = setTimeout(() => look((times) => times + 1), rest);
    return () => clearTimeout(timer);
  }, [until]);
  return until <= Date.now();
}

function Tabs() {
  const { panel, state } = usePanel();
  const { draft } = state;
  const choose = (note: boolean): void => panel.keepDraft({ ...draft, note });
  return (
    <div className="chats-tabs">
      <button type="button" aria-pressed={!draft.note} onClick={() => choose(false)}>
        {pgettext("noun", "Answer")}
      </button>
      <button type="button" aria-pressed={draft.note} onClick={() => choose(true)}>
        {pgettext("noun", "Note")}
      </button>
    </div>
  );
}

// Where messages have subjects: left empty, an answer bears that of the letter which it answers.
function Subject() {
  const { panel, state } = usePanel();
  return (
    <input
      className="chats-subject-field"
      value={state.draft.subject}
      maxLength={200}
      aria-label={gettext("Subject")}
      placeholder={gettext("Subject, if it is to be another one")}
      onChange={(event) => panel.keepDraft({ ...panel.state.draft, subject: event.target.value })}
    />
  );
}

function Field({ row, attach }: { row: Conversation; attach(files: File[]): Promise<void> }) {
  const { panel, state } = usePanel();
  const { draft } = state;
  const field = useRef<HTMLTextAreaElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const empty = !draft.text.trim() && draft.files.length === 0;

  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, TALLEST)}px`;
  }, [draft.text]);
  useEffect(
    () => registerShortcut({ id: "chats.reply", label: gettext("Write an answer"), group: gettext("Chats"), code: "KeyL", alt: true, everywhere: true, run: () => field.current?.focus() }),
    [],
  );

  const pressed = (event: KeyboardEvent): void => {
    if (event.code === "Escape") field.current?.blur();
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    panel.send();
  };
  const pasted = (event: ClipboardEvent): void => {
    const files = [...event.clipboardData.files];
    if (files.length === 0 || draft.note) return;
    event.preventDefault();
    void attach(files);
  };
  const prompt = draft.note ? gettext("A note that only colleagues see") : interpolate(gettext("Answer in %(channel)s"), { channel: row.channel.name });
  return (
    <div className="chats-field">
      <textarea
        ref={field}
        rows={1}
        value={draft.text}
        maxLength={draft.note ? 4000 : 20000}
        aria-label={draft.note ? pgettext("noun", "Note") : pgettext("noun", "Answer")}
        placeholder={prompt}
        onChange={(event) => panel.keepDraft({ ...draft, text: event.target.value })}
        onKeyDown={pressed}
        onPaste={pasted}
      />
      {!draft.note && (
        <>
          <input
            ref={chooser}
            type="file"
            multiple
            hidden
            onChange={(event) => {
              void attach([...(event.target.files ?? [])]);
              event.target.value = "";
            }}
          />
          <button type="button" className="btn btn-ghost btn-square" onClick={() => chooser.current?.click()} title={gettext("Attach a file")}>
            <Icon of={Paperclip} size={20} label={gettext("Attach a file")} />
          </button>
          <FromLibrary />
          {row.channel.templates && <Templates row={row} />}
        </>
      )}
      <button type="button" className="btn btn-primary chats-send" disabled={empty} onClick={() => panel.send()} title={gettext("Enter sends, Shift+Enter starts a new line")}>
        <Icon of={SendHorizontal} />
        <span>{draft.note ? gettext("Leave a note") : gettext("Send")}</span>
      </button>
    </div>
  );
}

function FromLibrary() {
  const { panel, state } = usePanel();
  const [open, setOpen] = useState(false);
  const room = panel.boot.files.count - state.draft.files.length;
  const add = (files: LibraryFile[]): void => {
    const chosen = files.map(({ id, url, attachment: { kind, name, size, content_type } }): Uploaded => ({ id, kind, name, size, type: content_type, state: "stored", url }));
    const { draft } = panel.state;
    panel.keepDraft({ ...draft, files: [...draft.files, ...chosen].slice(0, panel.boot.files.count) });
  };
  return (
    <>
      <button type="button" className="btn btn-ghost btn-square" disabled={room <= 0} onClick={() => setOpen(true)} title={gettext("From the library")}>
        <Icon of={Images} size={20} label={gettext("From the library")} />
      </button>
      {open && <LibraryDialog address={panel.boot.library} room={room} onChosen={add} onClose={() => setOpen(false)} />}
    </>
  );
}

function Files({ sending }: { sending: string[] }) {
  const { panel, state } = usePanel();
  const { draft } = state;
  if (draft.note || (draft.files.length === 0 && sending.length === 0)) return null;
  const remove = (id: number): void => panel.keepDraft({ ...draft, files: draft.files.filter((file) => file.id !== id) });
  return (
    <ul className="chats-files" aria-label={gettext("Attached files")}>
      {draft.files.map((file) => (
        <li key={file.id}>
          {file.kind === "image" ? <img src={file.url} alt="" /> : <Icon of={FileText} />}
          <span className="chats-file-name">{file.name}</span>
          <button type="button" onClick={() => remove(file.id)} title={gettext("Remove the file")}>
            <Icon of={X} label={interpolate(gettext("Remove %(name)s"), { name: file.name })} />
          </button>
        </li>
      ))}
      {sending.map((name, index) => (
        <li key={`${name}${index}`} role="status">
          <span className="spinner" aria-hidden="true" />
          <span className="chats-file-name">{name}</span>
        </li>
      ))}
    </ul>
  );
}

// Files are stored as soon as they are attached: the draft holds their numbers, so they survive a reload with it.
function useUploads() {
  const { panel } = usePanel();
  const [sending, setSending] = useState<string[]>([]);
  const attach = async (files: File[]): Promise<void> => {
    const conversation = panel.state.open;
    const { count, size } = panel.boot.files;
    for (const file of files) {
      if (panel.state.draft.files.length >= count) {
        toast({ kind: "error", text: interpolate(ngettext("One message carries at most %(count)s file.", "One message carries at most %(count)s files.", count), { count }) });
        return;
      }
      if (file.size > size) {
        toast({ kind: "error", text: interpolate(gettext("%(name)s is larger than %(size)s and was not attached."), { name: file.name, size: fileSize(size) }) });
        continue;
      }
      setSending((names) => [...names, file.name]);
      try {
        const body = new FormData();
        body.append("file", file);
        const stored = await ask<Uploaded>(`${panel.boot.data}upload/`, body);
        if (panel.state.open === conversation) panel.keepDraft({ ...panel.state.draft, files: [...panel.state.draft.files, stored] });
      } catch (error) {
        toast({ kind: "error", text: `${file.name}: ${words(error)}` });
      } finally {
        setSending((names) => names.toSpliced(names.indexOf(file.name), 1));
      }
    }
  };
  return { sending, attach };
}
