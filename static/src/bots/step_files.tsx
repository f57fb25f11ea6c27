// The files that a step sends: chosen from the disk; each refusal is said in words.
import { type ChangeEvent, useRef, useState } from "react";
import { fileSize } from "@shared/format";
import { gettext, interpolate } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { request } from "@shared/request";
import { FileText, Paperclip, X } from "lucide-react";
import { attempt } from "./attempt";
import { changeStep } from "./edits";
import type { Attachment, TalkingNode } from "./types";
import { useEditor } from "./use_editor";

const LIMIT = 10;

export function StepFiles({ id, node }: { id: string; node: TalkingNode }) {
  const { editor, shown } = useEditor();
  const [busy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  return (
    <div className="flow-files">
      {node.attachments.map((file, index) => (
        <div className="flow-file" key={`${file.media}-${index}`}>
          {file.kind === "image" && shown.files[file.media] ? <img src={shown.files[file.media]} alt="" /> : <Icon of={FileText} size={20} />}
          <span className="flow-file-name">{file.name || file.kind}</span>
          <span className="count">{fileSize(file.size)}</span>
          <button type="button" className="btn btn-ghost btn-xs btn-square" aria-label={interpolate(gettext("Remove “%(phrase)s”"), { phrase: file.name || file.kind })} onClick={() => put((files) => files.toSpliced(index, 1))}>
            <Icon of={X} />
          </button>
        </div>
      ))}
      <input ref={input} type="file" multiple hidden onChange={chosen} />
      <button type="button" className="btn btn-ghost btn-sm" disabled={busy || node.attachments.length >= LIMIT} aria-busy={busy} onClick={() => input.current?.click()}>
        <span className="spinner" aria-hidden="true" />
        <Icon of={Paperclip} />
        {busy ? gettext("Uploading…") : gettext("Attach a file")}
      </button>
    </div>
  );

  async function chosen(event: ChangeEvent<HTMLInputElement>): Promise<void> {
    const files = [...(event.target.files ?? [])].slice(0, LIMIT - node.attachments.length);
    event.target.value = "";
    setBusy(true);
    for (const file of files) await attempt(() => upload(file));
    setBusy(false);
  }

  async function upload(file: File): Promise<void> {
    const form = new FormData();
    form.append("file", file);
    const { attachment, url } = await request<{ attachment: Attachment; url: string }>(editor.boot.upload, { body: form });
    editor.addFile(attachment.media, url);
    put((files) => [...files, attachment]);
  }

  function put(change: (files: Attachment[]) => Attachment[]): void {
    editor.change((now) => changeStep(now, id, (step) => ({ ...step, attachments: change(step.attachments) })));
  }
}
