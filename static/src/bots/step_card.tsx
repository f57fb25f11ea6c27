// One step: what it says, what can be pressed, where it leads; and what is wrong with it.
import { type DragEvent, type KeyboardEvent, useId, useState } from "react";
import { gettext, interpolate } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { ArrowDown, ArrowUp, Copy, CornerDownRight, GripVertical, Trash2 } from "lucide-react";
import { useAttaching } from "./attaching";
import { addStep, duplicateStep, leadToNew, moveStep, newId, removeStep, setTarget } from "./edits";
import { ProblemNotes, WarningNotes } from "./problem_notes";
import { StepButtons } from "./step_buttons";
import { StepChoice } from "./step_choice";
import { StepFiles } from "./step_files";
import { StepTemplate } from "./step_template";
import { StepText } from "./step_text";
import { TypeIcon } from "./type_icon";
import { type Graph, isTalking } from "./types";
import { useEditor } from "./use_editor";

const DRAGGED = "application/x-kaskad-step";

export function StepCard({ id, index, graph }: { id: string; index: number; graph: Graph }) {
  const { editor, shown } = useEditor();
  const [over, setOver] = useState<"above" | "below" | "files" | null>(null);
  const attaching = useAttaching(id);
  const title = useId();
  const node = graph.nodes[id];
  const problems = shown.problems.filter((one) => one.node === id);
  const elsewhere = problems.filter((one) => !one.field.startsWith("buttons.") && !one.field.startsWith("template") && one.field !== "text");
  return (
    <li className="flow-step" data-over={over ?? undefined} data-lit={shown.trialAt === id || undefined} onKeyDown={moveByKey} onDragOver={dragOver} onDragLeave={() => setOver(null)} onDrop={drop}>
      <section className="card" aria-labelledby={title}>
        <header className="card-head flow-step-head">
          <button type="button" className="flow-handle" draggable aria-label={gettext("Move: Alt and an arrow key, or drag")} data-tip={gettext("Drag, or Alt+↑ / Alt+↓")} data-handle={id} onDragStart={dragStart}>
            <Icon of={GripVertical} />
          </button>
          <span className="flow-number" aria-hidden="true">
            {index + 1}
          </span>
          <TypeIcon kind={node?.type} />
          <h3 className="section-title" id={title}>
            <span className="sr-only">{interpolate(gettext("Step %(number)s"), { number: index + 1 })}: </span>
            {editor.boot.types.find((one) => one.kind === node?.type)?.name ?? gettext("Unknown step")}
          </h3>
          {graph.start === id && <span className="badge badge-brand">{gettext("Start")}</span>}
          <Tool icon={ArrowUp} label={gettext("Move up")} disabled={index === 0} onPress={() => move(-1)} />
          <Tool icon={ArrowDown} label={gettext("Move down")} disabled={index === graph.order.length - 1} onPress={() => move(1)} />
          <Tool icon={Copy} label={gettext("Make a copy")} onPress={duplicate} />
          <Tool icon={Trash2} label={gettext("Delete the step")} onPress={remove} />
        </header>
        <div className="flow-card-body">
          {isTalking(node) ? (
            <>
              <StepText id={id} node={node} problems={problems.filter((one) => one.field === "text")} attach={attaching.attach} />
              <StepFiles id={id} node={node} attaching={attaching} />
              <StepButtons id={id} node={node} graph={graph} problems={problems} />
              <StepTemplate id={id} node={node} problems={problems.filter((one) => one.field.startsWith("template"))} />
              {node.type === "message" && (
                <div className="flow-row">
                  <Icon of={CornerDownRight} />
                  <StepChoice
                    graph={graph}
                    label={gettext("Then")}
                    value={node.next}
                    none={gettext("The flow ends here")}
                    onChoose={(target) => editor.change((now) => setTarget(now, id, null, target))}
                    onNew={() => makeNext(null)}
                  />
                  <button type="button" className="btn btn-ghost btn-sm flow-end" onClick={insertBelow}>
                    {gettext("Insert a step below")}
                  </button>
                </div>
              )}
            </>
          ) : (
            <p className="text-muted">{gettext("This Kaskad cannot show the step; it is kept as it is.")}</p>
          )}
          <ProblemNotes problems={elsewhere} />
          <WarningNotes warnings={shown.warnings.filter((one) => one.node === id)} />
        </div>
      </section>
    </li>
  );

  function makeNext(button: string | null): void {
    const made = newId("s");
    editor.change((now) => leadToNew(now, id, button, made), { focus: made });
  }

  function insertBelow(): void {
    const made = newId("s");
    editor.change((now) => addStep(now, made, id), { focus: made });
  }

  function move(by: number): void {
    editor.change((now) => moveStep(now, id, index + by));
  }

  function duplicate(): void {
    const copy = newId("s");
    editor.change((now) => duplicateStep(now, id, copy), { focus: copy });
  }

  function remove(): void {
    editor.change((now) => removeStep(now, id));
    editor.offerUndo(interpolate(gettext("Step %(number)s is deleted."), { number: index + 1 }));
  }

  function moveByKey(event: KeyboardEvent): void {
    if (!event.altKey || (event.code !== "ArrowUp" && event.code !== "ArrowDown")) return;
    event.preventDefault();
    move(event.code === "ArrowUp" ? -1 : 1);
    const held = event.target as HTMLElement;
    requestAnimationFrame(() => held.focus());
  }

  function dragStart(event: DragEvent): void {
    event.dataTransfer.setData(DRAGGED, id);
    event.dataTransfer.effectAllowed = "move";
    const card = (event.target as HTMLElement).closest("li");
    if (card) event.dataTransfer.setDragImage(card, 16, 16);
  }

  function dragOver(event: DragEvent<HTMLElement>): void {
    const { types } = event.dataTransfer;
    const isFiles = types.includes("Files") && isTalking(node);
    if (!isFiles && !types.includes(DRAGGED)) return;
    event.preventDefault();
    if (isFiles) return setOver("files");
    const box = event.currentTarget.getBoundingClientRect();
    setOver(event.clientY < box.top + box.height / 2 ? "above" : "below");
  }

  function drop(event: DragEvent): void {
    const dragged = event.dataTransfer.getData(DRAGGED);
    const below = over === "below";
    setOver(null);
    const files = [...event.dataTransfer.files];
    if (files.length > 0 && isTalking(node)) {
      event.preventDefault();
      void attaching.attach(files);
    }
    if (!dragged || dragged === id) return;
    event.preventDefault();
    editor.change((now) => {
      const others = now.order.filter((one) => one !== dragged);
      return moveStep(now, dragged, others.indexOf(id) + (below ? 1 : 0));
    });
  }
}

type ToolProps = { icon: typeof Copy; label: string; disabled?: boolean; onPress(): void };

function Tool({ icon, label, disabled, onPress }: ToolProps) {
  return (
    <button type="button" className="btn btn-ghost btn-sm btn-square" aria-label={label} data-tip={label} disabled={disabled ?? false} onClick={onPress}>
      <Icon of={icon} />
    </button>
  );
}

