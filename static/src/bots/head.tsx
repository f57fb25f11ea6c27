// The editor's head: the flow's name and state, what is saved, undo, trial, publishing, and the rest in a menu.
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { ago, exactly, number, time } from "@shared/format";
import { gettext, interpolate } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { request } from "@shared/request";
import { ArrowLeft, Check, CirclePause, CloudOff, Play, Redo2, Rocket, TriangleAlert, Undo2 } from "lucide-react";
import { attempt } from "./attempt";
import { FlowMenu } from "./flow_menu";
import { PublishDialog } from "./publish_dialog";
import type { Flow, FlowState } from "./types";
import { useEditor } from "./use_editor";

export function Head({ onTry }: { onTry(): void }) {
  const { editor, shown } = useEditor();
  const [publishing, setPublishing] = useState(false);
  const { flow, graph } = shown;
  const nothingNew = flow.state === "published";
  return (
    <header className="flow-head">
      <a className="btn btn-ghost btn-square" href={editor.boot.list} aria-label={gettext("To the list of flows")} data-tip={gettext("To the list of flows")}>
        <Icon of={ArrowLeft} />
      </a>
      <Name flow={flow} />
      <StateBadge state={flow.state} />
      {flow.version !== null && (
        <span className="flow-people count">
          {interpolate(gettext("inside now: %(inside)s, passed: %(passed)s"), { inside: number(flow.inside), passed: number(flow.passed) })}
        </span>
      )}
      <SaveMark />
      <div className="flow-head-actions">
        <button type="button" className="btn btn-ghost btn-square" aria-label={gettext("Undo")} data-tip={gettext("Undo")} disabled={!shown.canUndo} onClick={() => editor.undo()}>
          <Icon of={Undo2} />
        </button>
        <button type="button" className="btn btn-ghost btn-square" aria-label={gettext("Redo")} data-tip={gettext("Redo")} disabled={!shown.canRedo} onClick={() => editor.redo()}>
          <Icon of={Redo2} />
        </button>
        <button type="button" className="btn flow-try-button" aria-label={gettext("Try it")} disabled={!graph} onClick={onTry}>
          <Icon of={Play} />
          <span className="flow-try-words">{gettext("Try it")}</span>
        </button>
        <FlowMenu />
        <button type="button" className="btn btn-primary" disabled={!graph || nothingNew || shown.saving === "conflict"} onClick={() => void openPublishing()}>
          <Icon of={Rocket} />
          {gettext("Publish")}
        </button>
      </div>
      {publishing && <PublishDialog onClose={() => setPublishing(false)} />}
    </header>
  );

  async function openPublishing(): Promise<void> {
    await editor.save();
    if (!editor.isUnsaved()) setPublishing(true);
  }
}

function Name({ flow }: { flow: Flow }) {
  const { editor } = useEditor();
  const [name, setName] = useState(flow.name);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => setName(flow.name), [flow.name]);
  return (
    <h1 className="flow-name">
      <input ref={field} className="flow-name-input" value={name} maxLength={120} aria-label={gettext("Name of the flow")} onChange={(event) => setName(event.target.value)} onBlur={() => void rename()} onKeyDown={keys} />
    </h1>
  );

  function keys(event: KeyboardEvent): void {
    if (event.key === "Enter") field.current?.blur();
    if (event.key === "Escape") setName(flow.name);
  }

  async function rename(): Promise<void> {
    if (name.trim() === flow.name) return;
    const done = await attempt(async () => {
      const answer = await request<{ flow: Flow }>(`${editor.boot.data}name/`, { body: { name } });
      editor.take({ ...editor.shown().flow, name: answer.flow.name });
      document.title = document.title.replace(flow.name, answer.flow.name);
    });
    if (!done) setName(flow.name);
  }
}

function StateBadge({ state }: { state: FlowState }) {
  const shapes: Record<FlowState, [string, typeof Check | null, string]> = {
    draft: ["badge", null, gettext("Draft")],
    published: ["badge badge-success", Check, gettext("Published")],
    newer_draft: ["badge badge-info", null, gettext("Published, newer draft")],
    off: ["badge badge-warning", CirclePause, gettext("Switched off")],
  };
  const [look, icon, words] = shapes[state];
  return (
    <span className={look}>
      {icon && <Icon of={icon} />}
      {words}
    </span>
  );
}

function SaveMark() {
  const { shown } = useEditor();
  useTick(5000);
  const saved = shown.savedAt ?? Date.parse(shown.flow.updatedAt);
  return (
    <span className="flow-saved" role="status" title={exactly(saved)}>
      {mark()}
    </span>
  );

  function mark() {
    switch (shown.saving) {
      case "saved":
        return Date.now() - saved < 60_000 ? gettext("Saved") : interpolate(gettext("Saved %(when)s"), { when: Date.now() - saved < 86_400_000 ? ago(saved) : time(saved) });
      case "offline":
        return (
          <>
            <Icon of={CloudOff} />
            {gettext("Not saved: no connection. It will be tried again.")}
          </>
        );
      case "conflict":
      case "refused":
        return (
          <>
            <Icon of={TriangleAlert} />
            {gettext("Not saved")}
          </>
        );
      default:
        return gettext("Saving…");
    }
  }
}

function useTick(every: number): void {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = window.setInterval(() => tick((count) => count + 1), every);
    return () => window.clearInterval(timer);
  }, [every]);
}
