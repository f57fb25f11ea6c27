// The buttons of a step: those that lead on to a step, and those that open a page.
import { type KeyboardEvent } from "react";
import { gettext } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { CornerDownRight, ExternalLink, Plus, X } from "lucide-react";
import { addButton, changeButton, changeStep, leadToNew, moveButton, newId, removeButton, setTarget } from "./edits";
import { ProblemNotes } from "./problem_notes";
import { StepChoice } from "./step_choice";
import type { FlowButton, Graph, Problem, TalkingNode } from "./types";
import { useEditor } from "./use_editor";

const LIMIT = 20;

type Props = { id: string; node: TalkingNode; graph: Graph; problems: Problem[] };

export function StepButtons({ id, node, graph, problems }: Props) {
  const { editor } = useEditor();
  const full = node.buttons.length >= LIMIT;
  return (
    <div className="flow-buttons">
      {node.buttons.map((button) => (
        <ButtonRow key={button.id} step={id} button={button} graph={graph} problems={problems.filter((one) => one.field.startsWith(`buttons.${button.id}.`))} />
      ))}
      <div className="flow-row">
        <button type="button" className="btn btn-ghost btn-sm" disabled={full} onClick={() => add("reply")}>
          <Icon of={Plus} />
          {gettext("Button")}
        </button>
        <button type="button" className="btn btn-ghost btn-sm" disabled={full} onClick={() => add("url")}>
          <Icon of={ExternalLink} />
          {gettext("Link button")}
        </button>
      </div>
    </div>
  );

  function add(kind: "reply" | "url"): void {
    const button: FlowButton = kind === "reply" ? { kind, id: newId("b"), text: "", target: null } : { kind, id: newId("b"), text: "", url: "" };
    editor.change((now) => changeStep(now, id, (step) => addButton(step, button)), { focus: button.id });
  }
}

function ButtonRow({ step, button, graph, problems }: { step: string; button: FlowButton; graph: Graph; problems: Problem[] }) {
  const { editor } = useEditor();
  const wrong = (field: string): boolean => problems.some((one) => one.field === `buttons.${button.id}.${field}`);
  return (
    <div className="flow-button" onKeyDown={moveByKey}>
      <div className="flow-button-line">
        <input
          className="input flow-button-text"
          data-focus={button.id}
          value={button.text}
          maxLength={80}
          aria-label={gettext("Text of the button")}
          aria-invalid={wrong("text")}
          placeholder={gettext("Text of the button")}
          onChange={(event) => change({ text: event.target.value })}
        />
        {button.kind === "reply" ? (
          <>
            <Icon of={CornerDownRight} />
            <StepChoice
              graph={graph}
              hideLabel
              label={gettext("Goes to")}
              value={button.target}
              none={gettext("Choose a step")}
              invalid={wrong("target")}
              onChoose={(target) => editor.change((now) => setTarget(now, step, button.id, target))}
              onNew={makeNext}
            />
          </>
        ) : (
          <>
            <Icon of={ExternalLink} />
            <input
              className="input flow-button-url"
              type="url"
              inputMode="url"
              value={button.url}
              maxLength={2000}
              aria-label={gettext("Address of the page")}
              aria-invalid={wrong("url")}
              placeholder="https://"
              onChange={(event) => change({ url: event.target.value })}
            />
          </>
        )}
        <button type="button" className="btn btn-ghost btn-sm btn-square" aria-label={gettext("Remove the button")} data-tip={gettext("Remove the button")} onClick={remove}>
          <Icon of={X} />
        </button>
      </div>
      <ProblemNotes problems={problems} />
    </div>
  );

  function change(part: Partial<FlowButton>): void {
    const tag = `button-${button.id}-${Object.keys(part).join()}`;
    editor.change((now) => changeStep(now, step, (node) => changeButton(node, button.id, part)), { tag });
  }

  function makeNext(): void {
    const made = newId("s");
    editor.change((now) => leadToNew(now, step, button.id, made), { focus: made });
  }

  function remove(): void {
    editor.change((now) => changeStep(now, step, (node) => removeButton(node, button.id)));
    editor.offerUndo(gettext("The button is removed."));
  }

  function moveByKey(event: KeyboardEvent): void {
    if (!event.altKey || (event.code !== "ArrowUp" && event.code !== "ArrowDown")) return;
    event.preventDefault();
    event.stopPropagation();
    editor.change((now) => changeStep(now, step, (node) => moveButton(node, button.id, event.code === "ArrowUp" ? -1 : 1)));
  }
}
