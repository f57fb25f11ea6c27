// What a step says where the messenger lets nothing but approved messages through: which one, and what fills its gaps.
import { useId } from "react";
import { gettext, interpolate } from "@shared/i18n";
import { changeStep } from "./edits";
import { ProblemNotes } from "./problem_notes";
import type { OfferedTemplate, Problem, TalkingNode } from "./types";
import { useEditor } from "./use_editor";

type Props = { id: string; node: TalkingNode; problems: Problem[] };

export function StepTemplate({ id, node, problems }: Props) {
  const { editor } = useEditor();
  const select = useId();
  const offered = editor.boot.templates;
  const chosen = node.template;
  if (offered.length === 0 && !chosen) return null;
  const known = chosen && offered.find((one) => nameOf(one) === nameOf(chosen));
  const gaps = chosen ? (known ?? { gaps: Object.keys(chosen.values).map((key) => ({ key, label: key, example: "" })) }).gaps : [];
  return (
    <div className="flow-template">
      <div className="field">
        <label className="field-label" htmlFor={select}>
          {gettext("If a day has passed since the person's last message (WhatsApp)")}
        </label>
        <select id={select} className="select" value={chosen ? nameOf(chosen) : ""} onChange={(event) => choose(offered.find((one) => nameOf(one) === event.target.value))}>
          <option value="">{gettext("Nothing is sent: the flow stops")}</option>
          {chosen && !known && <option value={nameOf(chosen)}>{nameOf(chosen)}</option>}
          {offered.map((one) => (
            <option key={nameOf(one)} value={nameOf(one)}>
              {nameOf(one)}
            </option>
          ))}
        </select>
        <ProblemNotes problems={problems.filter((one) => one.field === "template" || one.field === "template.file")} />
      </div>
      {chosen && <p className="flow-template-words">{[chosen.parts.header, chosen.parts.body, chosen.parts.footer].filter(Boolean).join("\n")}</p>}
      {gaps.map((gap) => (
        <div className="field" key={gap.key}>
          <label className="field-label" htmlFor={`${select}-${gap.key}`}>
            {gap.label}
          </label>
          <input
            id={`${select}-${gap.key}`}
            className="input"
            maxLength={1000}
            value={chosen?.values[gap.key] ?? ""}
            placeholder={gap.example ? interpolate(gettext("For example: %(example)s"), { example: gap.example }) : "{{ first_name }}"}
            aria-invalid={problems.some((one) => one.field === `template.${gap.key}`)}
            onChange={(event) => fill(gap.key, event.target.value)}
          />
          <ProblemNotes problems={problems.filter((one) => one.field === `template.${gap.key}`)} />
        </div>
      ))}
    </div>
  );

  function choose(one: OfferedTemplate | undefined): void {
    const template = one ? { name: one.name, language: one.language, parts: one.parts, values: { ...one.values } } : null;
    editor.change((now) => changeStep(now, id, (step) => ({ ...step, template })));
  }

  function fill(key: string, value: string): void {
    editor.change((now) => changeStep(now, id, (step) => (step.template ? { ...step, template: { ...step.template, values: { ...step.template.values, [key]: value } } } : step)), { tag: `template-${id}-${key}` });
  }
}

const nameOf = (one: { name: string; language: string }): string => `${one.name} · ${one.language}`;
