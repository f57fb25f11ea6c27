// The editor's page: head, what starts the flow, its steps as a numbered list, and a trial beside it.
import { useEffect, useRef, useState } from "react";
import { gettext } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { registerShortcut } from "@shared/shortcuts";
import { Plus } from "lucide-react";
import { ConflictNote } from "./conflict_note";
import { Dialog } from "./dialog";
import { addStep, newId } from "./edits";
import { FailureNotes } from "./failure_notes";
import { Head } from "./head";
import { ProblemNotes } from "./problem_notes";
import { StepCard } from "./step_card";
import { TriggerCard } from "./trigger_card";
import { TryPanel } from "./try_panel";
import { useEditor } from "./use_editor";

export function EditorPage() {
  const { editor, shown } = useEditor();
  const [trying, setTrying] = useState(false);
  useUndoKeys();
  useFocus();
  const { graph } = shown;
  return (
    <div className="flow">
      <Head onTry={() => setTrying(true)} />
      <ConflictNote />
      {graph === null ? (
        <p className="note note-error">{gettext("This flow was made by a newer Kaskad and cannot be opened here. Nothing of it is lost: update this Kaskad.")}</p>
      ) : (
        <div className="flow-columns">
          <div className="flow-list">
            <FailureNotes />
            <TriggerCard graph={graph} />
            <ol className="flow-steps" aria-label={gettext("Steps")}>
              {graph.order.map((id, index) => (
                <StepCard key={id} id={id} index={index} graph={graph} />
              ))}
            </ol>
            <button type="button" className="btn flow-add" onClick={() => addAtEnd()}>
              <Icon of={Plus} />
              {gettext("Add a step")}
            </button>
            <ProblemNotes problems={shown.problems.filter((one) => one.node === "" && one.field === "nodes")} />
          </div>
          <aside className="flow-aside" aria-label={gettext("Try it")}>
            <TryPanel />
          </aside>
        </div>
      )}
      {trying && (
        <Dialog drawer title={gettext("Try it")} onClose={() => setTrying(false)}>
          <TryPanel />
        </Dialog>
      )}
    </div>
  );

  function addAtEnd(): void {
    const id = newId("s");
    editor.change((now) => addStep(now, id), { focus: id });
  }
}

function useUndoKeys(): void {
  const { editor } = useEditor();
  useEffect(() => {
    const group = gettext("Flow editor");
    const back = [
      registerShortcut({ id: "flow-undo", code: "KeyZ", mod: true, group, label: gettext("Undo"), everywhere: true, run: () => editor.undo() }),
      registerShortcut({ id: "flow-redo", code: "KeyZ", mod: true, shift: true, group, label: gettext("Redo"), everywhere: true, run: () => editor.redo() }),
    ];
    return () => back.forEach((take) => take());
  }, [editor]);
}

/** Bring the reader to what was just made. */
function useFocus(): void {
  const { editor, shown } = useEditor();
  const last = useRef<string | null>(null);
  useEffect(() => {
    if (!shown.focus || shown.focus === last.current) return;
    last.current = shown.focus;
    const place = document.querySelector<HTMLElement>(`[data-focus="${CSS.escape(shown.focus)}"]`);
    place?.focus();
    place?.closest("li, .flow-trigger")?.scrollIntoView({ block: "nearest", behavior: "smooth" });
    last.current = null;
    editor.focused();
  }, [editor, shown.focus]);
}

