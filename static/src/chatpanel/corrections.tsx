// What can still be done with a message that was sent: change its words, or take it back. Only where the messenger can.
import { useEffect, useId, useRef, useState } from "react";
import { gettext } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { Ellipsis, Pencil, Trash2 } from "lucide-react";
import { words } from "./api";
import { Question } from "./question";
import type { Message } from "./types";
import { usePanel } from "./use_panel";

type Asking = "edit" | "delete" | null;

export function Corrections({ message }: { message: Message }) {
  const { panel, state } = usePanel();
  const [asking, setAsking] = useState<Asking>(null);
  const id = useId();
  const channel = state.conversations.get(message.conversation)?.channel;
  const editable = channel?.edits && message.source === "member" && message.author?.id === panel.boot.me.id;
  if (!message.correctable || !(editable || channel?.deletes)) return null;
  const close = (): void => setAsking(null);
  const remove = (): void => {
    close();
    void panel.correct(message, "delete").catch(panel.notice);
  };
  return (
    <>
      <button type="button" className="btn btn-ghost btn-square chats-correct" popoverTarget={id} aria-haspopup="menu" aria-label={gettext("Change or delete")}>
        <Icon of={Ellipsis} size={16} />
      </button>
      <div id={id} popover="auto" className="menu-panel" data-side="below" role="group" aria-label={gettext("Change or delete")}>
        {editable && (
          <button type="button" className="menu-item" onClick={() => setAsking("edit")}>
            <Icon of={Pencil} />
            {gettext("Edit the message")}
          </button>
        )}
        {channel?.deletes && (
          <button type="button" className="menu-item menu-item-danger" onClick={() => setAsking("delete")}>
            <Icon of={Trash2} />
            {gettext("Delete the message")}
          </button>
        )}
      </div>
      {asking === "edit" && <Editing message={message} onClose={close} />}
      {asking === "delete" && (
        <Question
          title={gettext("Delete the message?")}
          text={gettext("The person will not see it any more. Here it stays, struck through.")}
          yes={gettext("Delete")}
          onYes={remove}
          onNo={close}
        />
      )}
    </>
  );
}

function Editing({ message, onClose }: { message: Message; onClose(): void }) {
  const { panel } = usePanel();
  const was = message.content.spans.map((span) => span.text).join("");
  const [text, setText] = useState(was);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const same = text.trim() === was;
  const empty = !text.trim() && message.content.attachments.length === 0;
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const save = async (): Promise<void> => {
    if (busy || same || empty) return;
    setBusy(true);
    setProblem("");
    try {
      await panel.correct(message, "edit", { text: text.trim() });
      onClose();
    } catch (error) {
      setProblem(words(error));
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={id} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div className="dialog-head">
          <h2 id={id} className="dialog-title">
            {gettext("Edit the message")}
          </h2>
        </div>
        <div className="dialog-body">
          <textarea
            className="textarea chats-editing"
            rows={5}
            maxLength={20000}
            value={text}
            aria-labelledby={id}
            aria-invalid={problem ? true : undefined}
            aria-describedby={problem ? `${id}-problem` : undefined}
            autoFocus
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void save();
            }}
          />
          {problem && (
            <p id={`${id}-problem`} className="field-error" role="alert">
              {problem}
            </p>
          )}
        </div>
        <div className="dialog-foot">
          <button type="button" className="btn" onClick={() => dialog.current?.close()}>
            {gettext("Cancel")}
          </button>
          <button type="submit" className="btn btn-primary" disabled={busy || same || empty}>
            {busy && <span className="spinner" aria-hidden="true" />}
            {gettext("Save")}
          </button>
        </div>
      </form>
    </dialog>
  );
}
