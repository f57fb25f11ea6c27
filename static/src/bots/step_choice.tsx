// Where a way leads: a step of the list, a new one, or nowhere.
import { useId } from "react";
import { gettext, interpolate } from "@shared/i18n";
import { type Graph, isTalking } from "./types";

const NONE = "";
const NEW = " new";

type Props = {
  graph: Graph;
  label: string;
  value: string | null;
  none: string | null;
  invalid?: boolean;
  hideLabel?: boolean;
  onChoose(target: string | null): void;
  onNew?(): void;
};

export function StepChoice({ graph, label, value, none, invalid, hideLabel, onChoose, onNew }: Props) {
  const id = useId();
  const gone = value !== null && !graph.order.includes(value);
  return (
    <div className="flow-way">
      <label htmlFor={id} className={hideLabel ? "sr-only" : "flow-way-label"}>
        {label}
      </label>
      <select id={id} className="select select-sm" aria-invalid={invalid || gone} value={gone ? NONE : (value ?? NONE)} onChange={(event) => choose(event.target.value)}>
        {(none !== null || gone) && <option value={NONE}>{gone ? gettext("A step that was deleted") : none}</option>}
        {graph.order.map((step, index) => (
          <option key={step} value={step}>
            {interpolate(gettext("Step %(number)s"), { number: index + 1 })}
            {opening(graph, step)}
          </option>
        ))}
        {onNew && <option value={NEW}>{gettext("+ New step")}</option>}
      </select>
    </div>
  );

  function choose(chosen: string): void {
    if (chosen === NEW) onNew?.();
    else onChoose(chosen === NONE ? null : chosen);
  }
}

// The first words of a step, or the names of its files: as it is being written, so the server is not asked.
function opening(graph: Graph, id: string): string {
  const node = graph.nodes[id];
  if (!isTalking(node)) return "";
  const text = node.text.replace(/\s+/g, " ").trim() || node.attachments.map((file) => file.name).filter(Boolean).join(", ");
  return text ? `: ${text.length > 32 ? `${text.slice(0, 31)}…` : text}` : "";
}
