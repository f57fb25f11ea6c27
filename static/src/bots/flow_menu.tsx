// The rest that can be done with a flow: switch, versions, copy, discard, delete. What loses something asks first.
import { useId, useRef, useState } from "react";
import { gettext, interpolate, ngettext } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { request } from "@shared/request";
import { toast } from "@shared/toast";
import { CirclePause, CirclePlay, Copy, Ellipsis, FlaskConical, History, RotateCcw, Trash2 } from "lucide-react";
import { attempt } from "./attempt";
import { Dialog } from "./dialog";
import type { Draft, Flow } from "./types";
import { useEditor } from "./use_editor";
import { VersionsDrawer } from "./versions_drawer";

type Asking = "off" | "delete" | "discard" | "versions" | null;

export function FlowMenu() {
  const { editor, shown } = useEditor();
  const [asking, setAsking] = useState<Asking>(null);
  const panel = useRef<HTMLDivElement>(null);
  const id = useId();
  const { flow } = shown;
  const close = (): void => setAsking(null);
  return (
    <>
      <button type="button" className="btn btn-ghost btn-square" popoverTarget={id} aria-haspopup="menu" aria-label={gettext("More")} data-tip={gettext("More")}>
        <Icon of={Ellipsis} />
      </button>
      <div ref={panel} id={id} popover="auto" className="menu-panel" data-side="below" role="group" aria-label={gettext("More")} onClick={() => panel.current?.hidePopover()}>
        {flow.version !== null && (
          <Item icon={flow.active ? CirclePause : CirclePlay} words={flow.active ? gettext("Switch off") : gettext("Switch on")} onPress={() => (flow.active ? setAsking("off") : void setActive(true, false))} />
        )}
        {flow.version !== null && <Item icon={History} words={gettext("Versions")} onPress={() => setAsking("versions")} />}
        <Item icon={FlaskConical} words={gettext("Practise with made-up people")} onPress={() => void practise()} />
        <Item icon={Copy} words={gettext("Make a copy")} onPress={() => void copy()} />
        {flow.newer && <Item icon={RotateCcw} words={gettext("Discard the draft")} onPress={() => setAsking("discard")} />}
        <hr className="menu-line" />
        <Item icon={Trash2} words={gettext("Delete the flow")} danger onPress={() => setAsking("delete")} />
      </div>
      {asking === "versions" && <VersionsDrawer onClose={close} />}
      {asking === "off" && <SwitchOff onClose={close} onChoose={(stop) => setActive(false, stop)} />}
      {asking === "discard" && (
        <Question title={gettext("Discard the draft?")} words={gettext("The list goes back to the published version. This cannot be undone.")} answer={gettext("Discard")} onClose={close} onAnswer={discard} />
      )}
      {asking === "delete" && (
        <Question title={interpolate(gettext("Delete “%(name)s”?"), { name: flow.name })} words={whatIsLost(flow)} answer={gettext("Delete")} onClose={close} onAnswer={remove} />
      )}
    </>
  );

  async function setActive(on: boolean, stop: boolean): Promise<void> {
    const done = await attempt(async () => {
      const answer = await request<{ flow: Flow }>(`${editor.boot.data}active/`, { body: { on, stop_inside: stop } });
      editor.take(answer.flow);
      toast({ text: on ? gettext("The flow is switched on.") : gettext("The flow is switched off.") });
    });
    if (done) close();
  }

  async function practise(): Promise<void> {
    await attempt(async () => {
      await editor.save();
      window.location.assign(editor.boot.practice);
    });
  }

  async function copy(): Promise<void> {
    await attempt(async () => {
      await editor.save();
      const { url } = await request<{ url: string }>(`${editor.boot.data}copy/`, { body: { graph: editor.isUnsaved() ? editor.shown().graph : null } });
      window.location.assign(url);
    });
  }

  async function discard(): Promise<void> {
    await editor.save();
    const draft = await request<Draft>(`${editor.boot.data}discard/`, { body: { revision: editor.shown().flow.revision } });
    editor.replace(draft);
    close();
  }

  async function remove(): Promise<void> {
    await editor.save();
    const { url } = await request<{ url: string }>(`${editor.boot.data}delete/`, { body: { lose_people: flow.inside > 0 } });
    window.location.assign(url);
  }
}

function whatIsLost(flow: Flow): string {
  if (flow.inside === 0) return gettext("Its versions and figures go with it. This cannot be undone.");
  const words = ngettext("%(count)s person inside will get no answer any more.", "%(count)s people inside will get no answer any more.", flow.inside);
  return `${interpolate(words, { count: flow.inside })} ${gettext("Its versions and figures go with it. This cannot be undone.")}`;
}

function Item({ icon, words, danger, onPress }: { icon: typeof Copy; words: string; danger?: boolean; onPress(): void }) {
  return (
    <button type="button" className={`menu-item ${danger ? "menu-item-danger" : ""}`} onClick={onPress}>
      <Icon of={icon} />
      {words}
    </button>
  );
}

type QuestionProps = { title: string; words: string; answer: string; onClose(): void; onAnswer(): Promise<void> };

function Question({ title, words, answer, onClose, onAnswer }: QuestionProps) {
  const [busy, setBusy] = useState(false);
  const foot = (
    <>
      <button type="button" className="btn" onClick={onClose}>
        {gettext("Cancel")}
      </button>
      <button type="button" className="btn btn-error" disabled={busy} onClick={() => void run()}>
        {answer}
      </button>
    </>
  );
  return (
    <Dialog title={title} onClose={onClose} foot={foot}>
      <p>{words}</p>
    </Dialog>
  );

  async function run(): Promise<void> {
    setBusy(true);
    await attempt(onAnswer);
    setBusy(false);
  }
}

function SwitchOff({ onClose, onChoose }: { onClose(): void; onChoose(stop: boolean): Promise<void> }) {
  const { shown } = useEditor();
  const { inside } = shown.flow;
  const foot = (
    <>
      <button type="button" className="btn" onClick={onClose}>
        {gettext("Cancel")}
      </button>
      {inside > 0 && (
        <button type="button" className="btn btn-danger" onClick={() => void onChoose(true)}>
          {interpolate(ngettext("Switch off and stop %(count)s person", "Switch off and stop %(count)s people", inside), { count: inside })}
        </button>
      )}
      <button type="button" className="btn btn-primary" onClick={() => void onChoose(false)}>
        {gettext("Switch off")}
      </button>
    </>
  );
  return (
    <Dialog title={gettext("Switch the flow off?")} onClose={onClose} foot={foot}>
      <p>{gettext("Nobody new gets in, and old buttons do not bring anybody back.")}</p>
      {inside > 0 && <p>{gettext("Those inside go on to the end, unless you stop them.")}</p>}
    </Dialog>
  );
}
