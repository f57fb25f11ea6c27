// The files that a step sends, and the button that chooses more from the disk.
import { type ChangeEvent, useRef, useState } from "react";
import { fileSize } from "@shared/format";
import { gettext, interpolate } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { FileText, Images, Paperclip, X } from "lucide-react";
import { LibraryDialog } from "../media/library_dialog";
import { type Attaching, LIMIT } from "./attaching";
import { changeStep } from "./edits";
import type { Attachment, TalkingNode } from "./types";
import { useEditor } from "./use_editor";

type Props = { id: string; node: TalkingNode; attaching: Attaching };

export function StepFiles({ id, node, attaching: { busy, attach, choose } }: Props) {
  const { editor, shown } = useEditor();
  const input = useRef<HTMLInputElement>(null);
  const [choosing, setChoosing] = useState(false);
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
      <button type="button" className="btn btn-ghost btn-sm" disabled={node.attachments.length >= LIMIT} onClick={() => setChoosing(true)}>
        <Icon of={Images} />
        {gettext("From the library")}
      </button>
      {choosing && <LibraryDialog address={editor.boot.library} room={LIMIT - node.attachments.length} onChosen={choose} onClose={() => setChoosing(false)} />}
    </div>
  );

  function chosen(event: ChangeEvent<HTMLInputElement>): void {
    const files = [...(event.target.files ?? [])];
    event.target.value = "";
    void attach(files);
  }

  function put(change: (files: Attachment[]) => Attachment[]): void {
    editor.change((now) => changeStep(now, id, (step) => ({ ...step, attachments: change(step.attachments) })));
  }
}
