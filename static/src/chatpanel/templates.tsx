// "Templates": messages that the messenger has approved beforehand. Choose one, fill its gaps, see it, send it.
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { gettext, interpolate } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { LayoutTemplate, Paperclip, X } from "lucide-react";
import { type LibraryFile, LibraryDialog } from "../media/library_dialog";
import { ask, refusal, words } from "./api";
import { newClientId } from "./outgoing";
import type { Changes, Conversation, Message } from "./types";
import { usePanel } from "./use_panel";

interface Gap {
  key: string; // part, dot, the gap's own name
  label: string;
  example: string;
  value: string;
}
interface Template {
  id: number;
  name: string;
  language: string;
  header: string;
  body: string;
  footer: string;
  file: "image" | "video" | "document" | null;
  buttons: string[];
  gaps: Gap[];
}
type Fields = Record<string, string>;

export function Templates({ row, worded = false }: { row: Conversation; worded?: boolean }) {
  const [open, setOpen] = useState(false);
  const label = gettext("Templates");
  return (
    <>
      <button type="button" className={worded ? "btn btn-primary" : "btn btn-ghost btn-square"} onClick={() => setOpen(true)} title={label}>
        <Icon of={LayoutTemplate} size={20} {...(worded ? {} : { label })} />
        {worded && <span>{gettext("Choose a template")}</span>}
      </button>
      {open && <TemplateDialog row={row} onClose={() => setOpen(false)} />}
    </>
  );
}

function TemplateDialog({ row, onClose }: { row: Conversation; onClose(): void }) {
  const { panel } = usePanel();
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [list, setList] = useState<Template[] | null>(null);
  const [problem, setProblem] = useState("");
  const [chosen, setChosen] = useState<Template | null>(null);
  const load = (): void => {
    setProblem("");
    ask<{ templates: Template[] }>(`${panel.boot.data}${row.id}/templates/`).then(
      (answer) => setList(answer.templates),
      (error: unknown) => setProblem(words(error)),
    );
  };
  useEffect(() => {
    dialog.current?.showModal();
    load();
  }, []);
  return (
    <dialog ref={dialog} className="dialog dialog-wide" aria-labelledby={id} onClose={onClose}>
      <header className="dialog-head">
        <h2 className="dialog-title" id={id}>
          {chosen ? chosen.name : gettext("Templates")}
        </h2>
        <button type="button" className="btn btn-ghost btn-sm btn-square" aria-label={gettext("Close")} onClick={() => dialog.current?.close()}>
          <Icon of={X} />
        </button>
      </header>
      {chosen ? (
        <Filling row={row} template={chosen} onBack={() => setChosen(null)} onSent={() => dialog.current?.close()} />
      ) : (
        <div className="dialog-body">
          {!list && !problem && <span className="skeleton" role="status" aria-label={gettext("Loading")} />}
          {problem && (
            <div className="stack" role="alert">
              <p className="field-error">{problem}</p>
              <button type="button" className="btn btn-sm" onClick={load}>
                {gettext("Try again")}
              </button>
            </div>
          )}
          {list?.length === 0 && <p className="text-muted">{gettext("The messenger has approved no template yet. Who manages the channels can write one and send it for approval.")}</p>}
          <ul className="chats-templates">
            {list?.map((one) => (
              <li key={one.id}>
                <button type="button" onClick={() => setChosen(one)}>
                  <span className="chats-template-name">
                    {one.name} · {one.language}
                  </span>
                  <span className="chats-template-text">{one.body}</span>
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
    </dialog>
  );
}

function Filling({ row, template, onBack, onSent }: { row: Conversation; template: Template; onBack(): void; onSent(): void }) {
  const { panel } = usePanel();
  const form = useId();
  const [clientId] = useState(newClientId);
  const [values, setValues] = useState<Fields>(() => Object.fromEntries(template.gaps.map((gap) => [gap.key, gap.value])));
  const [file, setFile] = useState<LibraryFile | null>(null);
  const [wrong, setWrong] = useState<Fields>({});
  const [problem, setProblem] = useState("");
  const [asks, setAsks] = useState(false); // the server wants to know whether to send it all the same
  const [busy, setBusy] = useState(false);
  const fill = (key: string, value: string): void => {
    setValues({ ...values, [key]: value });
    setWrong(({ [key]: _mended, ...others }) => others);
    setProblem("");
  };
  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setWrong({});
    setProblem("");
    const incoming = [...(panel.state.thread?.messages.values() ?? [])].filter((one) => one.direction === "in").map((one) => one.id);
    const assignee = panel.state.conversations.get(row.id)?.assignee?.id ?? null;
    const known = asks || assignee === panel.boot.me.id ? assignee : null;
    const body = { client_id: clientId, template: template.id, values, file: file?.id ?? null, seen_message: Math.max(0, ...incoming), known_assignee: known };
    try {
      panel.take(await ask<Changes>(`${panel.boot.data}${row.id}/template/`, body));
      onSent();
    } catch (error) {
      const refused = refusal(error);
      if (refused.messages) panel.take({ messages: refused.messages as Message[] });
      setAsks(refused.code === "newer_messages" || refused.code === "taken_by_other");
      setWrong(refused.fields);
      setProblem(words(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <form id={form} className="dialog-body chats-filling" onSubmit={(event) => void send(event)}>
        <div className="stack">
          {template.file && <FileGap kind={template.file} file={file} problem={wrong.file} onChosen={setFile} />}
          {template.gaps.map((gap) => (
            <GapField key={gap.key} gap={gap} value={values[gap.key] ?? ""} problem={wrong[gap.key]} onChange={(value) => fill(gap.key, value)} />
          ))}
          {problem && (
            <p className="field-error" role="alert">
              {problem}
            </p>
          )}
        </div>
        <Preview template={template} values={values} file={file} />
      </form>
      <footer className="dialog-foot">
        <button type="button" className="btn btn-ghost" onClick={onBack}>
          {gettext("Another template")}
        </button>
        <button type="submit" form={form} className="btn btn-primary" disabled={busy} aria-busy={busy}>
          <span className="spinner" aria-hidden="true" />
          {asks ? gettext("Send anyway") : gettext("Send")}
        </button>
      </footer>
    </>
  );
}

function GapField({ gap, value, problem, onChange }: { gap: Gap; value: string; problem: string | undefined; onChange(value: string): void }) {
  const id = useId();
  const hint = gap.example ? interpolate(gettext("For example: %(example)s"), { example: gap.example }) : "";
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {gap.label}
      </label>
      <input id={id} className="input" value={value} maxLength={1000} placeholder={hint} aria-invalid={problem ? true : undefined} aria-describedby={problem ? `${id}-problem` : undefined} onChange={(event) => onChange(event.target.value)} />
      {problem && (
        <p className="field-error" id={`${id}-problem`}>
          {problem}
        </p>
      )}
    </div>
  );
}

function FileGap({ kind, file, problem, onChosen }: { kind: string; file: LibraryFile | null; problem: string | undefined; onChosen(file: LibraryFile | null): void }) {
  const { panel } = usePanel();
  const [open, setOpen] = useState(false);
  const wanted = kind === "image" ? gettext("A picture stands above the words.") : kind === "video" ? gettext("A video stands above the words.") : gettext("A document stands above the words.");
  return (
    <div className="field">
      <p className="field-help">{wanted}</p>
      <button type="button" className="btn btn-sm" onClick={() => setOpen(true)}>
        <Icon of={Paperclip} />
        {file ? file.attachment.name : gettext("From the library")}
      </button>
      {problem && <p className="field-error">{problem}</p>}
      {/* Outside of the form: what is typed there to find a file must not send the message. */}
      {open && createPortal(<LibraryDialog address={panel.boot.library} room={1} onChosen={(files) => onChosen(files[0] ?? null)} onClose={() => setOpen(false)} />, document.body)}
    </div>
  );
}

function Preview({ template, values, file }: { template: Template; values: Fields; file: LibraryFile | null }) {
  const filled = (part: string, text: string): string => text.replace(/\{\{\s*(\w+)\s*\}\}/g, (gap, name: string) => values[`${part}.${name}`] || gap);
  return (
    <section className="chats-template-preview" aria-label={gettext("As the person will see it")}>
      {file && (file.thumbnail ? <img src={file.thumbnail} alt="" /> : <p className="text-muted">{file.attachment.name}</p>)}
      {template.header && <p className="font-medium">{filled("header", template.header)}</p>}
      <p>{filled("body", template.body)}</p>
      {template.footer && <p className="text-muted">{template.footer}</p>}
      {template.buttons.map((text, index) => (
        <p key={index} className="chats-template-button">
          {text}
        </p>
      ))}
    </section>
  );
}
