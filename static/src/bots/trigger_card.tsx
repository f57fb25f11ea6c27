// What starts the flow: first contact, keywords; on which channels; and with which step it begins.
import { type FormEvent, type KeyboardEvent, useId, useState } from "react";
import { gettext, interpolate } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { MessengerMark } from "@shared/messenger_mark";
import { Hand, MessageSquareText, Trash2, X, Zap } from "lucide-react";
import { addTrigger, changeTrigger, newId, removeTrigger } from "./edits";
import { ProblemNotes } from "./problem_notes";
import { StepChoice } from "./step_choice";
import { type Graph, type KeywordTrigger, type Mode, type Trigger, isKeyword, isWelcome } from "./types";
import { useEditor } from "./use_editor";

export function TriggerCard({ graph }: { graph: Graph }) {
  const { editor, shown } = useEditor();
  const title = useId();
  const welcomes = graph.triggers.some(isWelcome);
  return (
    <section className="card flow-trigger" aria-labelledby={title}>
      <header className="card-head">
        <Icon of={Zap} />
        <h2 className="section-title" id={title}>
          {gettext("What starts it")}
        </h2>
      </header>
      <div className="flow-card-body">
        {graph.triggers.map((trigger) => (
          <TriggerRow key={trigger.id} trigger={trigger} />
        ))}
        <div className="flow-row">
          <button type="button" className="btn btn-sm" onClick={() => addKeyword()}>
            <Icon of={MessageSquareText} />
            {gettext("Add keywords")}
          </button>
          {!welcomes && (
            <button type="button" className="btn btn-sm" onClick={() => editor.change((now) => addTrigger(now, { id: newId("t"), kind: "welcome", channels: [] }))}>
              <Icon of={Hand} />
              {gettext("Add first contact")}
            </button>
          )}
        </div>
        <ProblemNotes problems={shown.problems.filter((one) => one.node === "" && ["triggers", "start"].includes(one.field))} />
        {graph.order.length > 0 && (
          <StepChoice
            graph={graph}
            label={gettext("Begins with")}
            value={graph.start}
            none={graph.start === null ? gettext("Choose a step") : null}
            onChoose={(start) => editor.change((now) => ({ ...now, start }))}
          />
        )}
      </div>
    </section>
  );

  function addKeyword(): void {
    const id = newId("t");
    editor.change((now) => addTrigger(now, { id, kind: "keyword", phrases: [], mode: "exact", channels: [] }), { focus: id });
  }
}

function TriggerRow({ trigger }: { trigger: Trigger }) {
  const { editor, shown } = useEditor();
  const problems = shown.problems.filter((one) => one.node === trigger.id);
  const known = isKeyword(trigger) || isWelcome(trigger);
  return (
    <div className="flow-trigger-row">
      <div className="flow-row">
        {isKeyword(trigger) ? <ModeChoice trigger={trigger} /> : <span className="flow-trigger-name">{isWelcome(trigger) ? gettext("A person comes for the first time") : gettext("Unknown trigger")}</span>}
        <button type="button" className="btn btn-ghost btn-sm btn-square flow-end" aria-label={gettext("Remove the trigger")} data-tip={gettext("Remove the trigger")} onClick={remove}>
          <Icon of={Trash2} />
        </button>
      </div>
      {isKeyword(trigger) && <Phrases trigger={trigger} invalid={problems.length > 0} />}
      {known && <ChannelChoice id={trigger.id} chosen={trigger.channels} />}
      <ProblemNotes problems={problems} />
    </div>
  );

  function remove(): void {
    editor.change((now) => removeTrigger(now, trigger.id));
    editor.offerUndo(gettext("The trigger is removed."));
  }
}

function ModeChoice({ trigger }: { trigger: KeywordTrigger }) {
  const { editor } = useEditor();
  const modes: [Mode, string][] = [
    ["exact", gettext("The message is exactly")],
    ["starts", gettext("The message starts with")],
    ["contains", gettext("The message contains")],
  ];
  return (
    <select className="select select-sm flow-mode" aria-label={gettext("How the phrase is looked for")} value={trigger.mode} onChange={(event) => editor.change((now) => changeTrigger(now, trigger.id, { mode: event.target.value as Mode }))}>
      {modes.map(([mode, words]) => (
        <option key={mode} value={mode}>
          {words}
        </option>
      ))}
    </select>
  );
}

function Phrases({ trigger, invalid }: { trigger: KeywordTrigger; invalid: boolean }) {
  const { editor } = useEditor();
  const [text, setText] = useState("");
  return (
    <form className="flow-phrases" onSubmit={add}>
      {trigger.phrases.map((phrase, index) => (
        <span className="chip" key={index}>
          {phrase}
          <button type="button" className="chip-remove" aria-label={interpolate(gettext("Remove “%(phrase)s”"), { phrase })} onClick={() => put(trigger.phrases.toSpliced(index, 1))}>
            <Icon of={X} />
          </button>
        </span>
      ))}
      <input
        className="input flow-phrase"
        data-focus={trigger.id}
        value={text}
        maxLength={100}
        aria-label={gettext("Word or phrase")}
        aria-invalid={invalid && text === ""}
        placeholder={gettext("Word or phrase, then Enter")}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={takeBack}
        onBlur={() => add()}
      />
    </form>
  );

  function add(event?: FormEvent): void {
    event?.preventDefault();
    const more = text.split(",").map((one) => one.trim()).filter((one) => one && !trigger.phrases.includes(one));
    setText("");
    if (more.length > 0) put([...trigger.phrases, ...more]);
  }

  function takeBack(event: KeyboardEvent): void {
    if (event.key === "Backspace" && text === "" && trigger.phrases.length > 0) put(trigger.phrases.slice(0, -1));
  }

  function put(phrases: string[]): void {
    editor.change((now) => changeTrigger(now, trigger.id, { phrases }));
  }
}

function ChannelChoice({ id, chosen }: { id: string; chosen: number[] }) {
  const { editor } = useEditor();
  const { channels } = editor.boot;
  if (channels.length < 2 && chosen.length === 0) return null;
  return (
    <fieldset className="flow-channels">
      <legend className="sr-only">{gettext("On which channels")}</legend>
      <button type="button" className="chip" aria-pressed={chosen.length === 0} onClick={() => put([])}>
        {gettext("All channels")}
      </button>
      {channels.map((channel) => (
        <button type="button" key={channel.id} className="chip" aria-pressed={chosen.includes(channel.id)} onClick={() => toggle(channel.id)}>
          <MessengerMark kind={channel.kind} />
          {channel.name}
        </button>
      ))}
    </fieldset>
  );

  function toggle(channel: number): void {
    put(chosen.includes(channel) ? chosen.filter((one) => one !== channel) : [...chosen, channel]);
  }

  function put(next: number[]): void {
    editor.change((now) => changeTrigger(now, id, { channels: next }));
  }
}
