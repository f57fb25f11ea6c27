// What a step says: text with a small toolbar that writes Kaskad's markup round the selection.
import { type ClipboardEvent, useId, useRef } from "react";
import { gettext } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { Bold, Italic, Link } from "lucide-react";
import { pastedFiles } from "./attaching";
import { changeStep } from "./edits";
import { ProblemNotes } from "./problem_notes";
import type { Problem, TalkingNode } from "./types";
import { useEditor } from "./use_editor";

const ADDRESS = "https://";

type Props = { id: string; node: TalkingNode; problems: Problem[]; attach(files: File[]): Promise<void> };

export function StepText({ id, node, problems, attach }: Props) {
  const { editor } = useEditor();
  const area = useRef<HTMLTextAreaElement>(null);
  const help = useId();
  const tools: [typeof Bold, string, () => void][] = [
    [Bold, gettext("Bold"), () => wrap("*")],
    [Italic, gettext("Italic"), () => wrap("_")],
    [Link, gettext("Link"), () => link()],
  ];
  return (
    <div className="flow-text">
      <input
        className="input flow-subject"
        maxLength={200}
        value={node.subject}
        aria-label={gettext("Subject (e-mail)")}
        placeholder={gettext("Subject (e-mail)")}
        onChange={(event) => editor.change((now) => changeStep(now, id, (step) => ({ ...step, subject: event.target.value })), { tag: `subject-${id}` })}
      />
      <div className="flow-tools" role="group" aria-label={gettext("Formatting")}>
        {tools.map(([icon, label, press]) => (
          <button type="button" key={label} className="btn btn-ghost btn-xs btn-square" aria-label={label} data-tip={label} onClick={press}>
            <Icon of={icon} />
          </button>
        ))}
      </div>
      <textarea
        ref={area}
        className="textarea"
        data-focus={id}
        rows={Math.min(12, Math.max(3, node.text.split("\n").length + 1))}
        maxLength={20_000}
        value={node.text}
        aria-label={gettext("Text of the message")}
        aria-invalid={problems.length > 0}
        aria-describedby={problems.length > 0 ? help : undefined}
        placeholder={gettext("What does the bot say?")}
        onChange={(event) => put(event.target.value)}
        onPaste={paste}
      />
      <ProblemNotes problems={problems} id={help} />
    </div>
  );

  function paste(event: ClipboardEvent): void {
    const files = pastedFiles(event);
    if (files.length === 0) return;
    event.preventDefault();
    void attach(files);
  }

  function put(text: string, tag = `text-${id}`): void {
    editor.change((now) => changeStep(now, id, (step) => ({ ...step, text })), { tag });
  }

  function wrap(mark: string): void {
    const field = area.current;
    if (!field) return;
    const { selectionStart: from, selectionEnd: to, value } = field;
    put(value.slice(0, from) + mark + value.slice(from, to) + mark + value.slice(to), "");
    select(from + 1, to + 1);
  }

  function link(): void {
    const field = area.current;
    if (!field) return;
    const { selectionStart: from, selectionEnd: to, value } = field;
    const words = value.slice(from, to) || gettext("link");
    put(`${value.slice(0, from)}[${words}](${ADDRESS})${value.slice(to)}`, "");
    const start = from + words.length + 3 + ADDRESS.length;
    select(start, start);
  }

  function select(from: number, to: number): void {
    requestAnimationFrame(() => {
      area.current?.focus();
      area.current?.setSelectionRange(from, to);
    });
  }
}
