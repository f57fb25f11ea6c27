// A trial of the draft: the same engine as for real people, nobody is written to and nothing is stored.
import { type FormEvent, useEffect, useRef, useState } from "react";
import { gettext, interpolate } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { request } from "@shared/request";
import { FileText, Play, RotateCcw, SendHorizontal } from "lucide-react";
import { attempt } from "./attempt";
import { stepNumber } from "./edits";
import { stepName } from "./naming";
import type { Said, Span, Trial, TrialButton } from "./types";
import { useEditor } from "./use_editor";

type Line = { from: "bot"; said: Said } | { from: "person"; text: string } | { from: "note"; text: string };
type Event = { type: "start" } | { type: "words"; text: string } | { type: "button"; node: string; button: string };

export function TryPanel() {
  const { editor, shown } = useEditor();
  const [lines, setLines] = useState<Line[]>([]);
  const [state, setState] = useState<unknown>(null);
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const talk = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (talk.current) talk.current.scrollTop = talk.current.scrollHeight;
  }, [lines]);
  useEffect(() => () => editor.stand(null), [editor]);
  return (
    <div className="flow-try">
      <div className="flow-try-head">
        <h2 className="section-title">{gettext("Try it")}</h2>
        <button type="button" className="btn btn-ghost btn-sm" disabled={busy} onClick={() => void begin()}>
          <Icon of={lines.length > 0 ? RotateCcw : Play} />
          {lines.length > 0 ? gettext("Start again") : gettext("Begin")}
        </button>
      </div>
      <div className="flow-talk" ref={talk} role="log" aria-label={gettext("Trial conversation")} tabIndex={0}>
        {lines.length === 0 && <p className="flow-talk-empty">{gettext("Press “Begin”, or write a keyword. Nobody else sees it, and nothing is stored.")}</p>}
        {lines.map((line, index) => (
          <LineView key={index} line={line} onPress={press} />
        ))}
      </div>
      <form className="flow-say" onSubmit={say}>
        <input className="input" value={text} maxLength={1000} aria-label={gettext("Message to the bot")} placeholder={gettext("Write as a subscriber")} onChange={(event) => setText(event.target.value)} />
        <button type="submit" className="btn btn-square" disabled={busy || !text.trim()} aria-label={gettext("Send")}>
          <Icon of={SendHorizontal} />
        </button>
      </form>
    </div>
  );

  async function begin(): Promise<void> {
    setLines([]);
    setState(null);
    await happen({ type: "start" }, null, []);
  }

  function say(event: FormEvent): void {
    event.preventDefault();
    const words = text.trim();
    if (!words || busy) return;
    setText("");
    void happen({ type: "words", text: words }, state, [...lines, { from: "person", text: words }]);
  }

  function press(node: string, button: { id: string; text: string }): void {
    if (!busy) void happen({ type: "button", node, button: button.id }, state, [...lines, { from: "person", text: button.text }]);
  }

  async function happen(event: Event, from: unknown, told: Line[]): Promise<void> {
    setBusy(true);
    setLines(told);
    await attempt(async () => {
      const trial = await request<Trial>(`${editor.boot.data}try/`, { body: { graph: shown.graph, state: from, event } });
      setState(trial.state);
      editor.stand(placeOf(trial.state));
      setLines([...told, ...trial.said.map((said): Line => ({ from: "bot", said })), ...notes(trial)]);
    });
    setBusy(false);
  }

  function notes(trial: Trial): Line[] {
    const status = (trial.state as { status?: string } | null)?.status;
    if (!trial.handled) return [{ from: "note", text: gettext("The bot does not answer this: it is neither a button nor a keyword of this flow.") }];
    if (trial.error) {
      const place = placeOf(trial.state);
      const number = place && shown.graph ? stepNumber(shown.graph, place) : 0;
      return [{ from: "note", text: number > 0 ? `${stepName(number)}: ${trial.error}` : trial.error }];
    }
    return status === "finished" ? [{ from: "note", text: gettext("The flow ends here.") }] : [];
  }
}

function placeOf(state: unknown): string | null {
  return (state as { at?: string | null } | null)?.at ?? null;
}

function LineView({ line, onPress }: { line: Line; onPress(node: string, button: { id: string; text: string }): void }) {
  if (line.from === "note") return <p className="flow-talk-note">{line.text}</p>;
  if (line.from === "person") return <p className="bubble bubble-out">{line.text}</p>;
  const { said } = line;
  return (
    <div className="flow-said">
      {said.attachments.map((file, index) => (
        <Attached key={index} media={file.media} kind={file.kind} name={file.name} />
      ))}
      {said.spans.length > 0 && (
        <p className="bubble">
          {said.spans.map((span, index) => (
            <Piece key={index} span={span} />
          ))}
        </p>
      )}
      {said.buttons.map((button, index) => (
        <Press key={index} button={button} onPress={(one) => onPress(said.node, one)} />
      ))}
    </div>
  );
}

function Press({ button, onPress }: { button: TrialButton; onPress(button: { id: string; text: string }): void }) {
  if (button.kind === "url") {
    return (
      <a className="bubble-button" href={button.url} target="_blank" rel="noreferrer">
        {button.text}
      </a>
    );
  }
  return (
    <button type="button" className="bubble-button" onClick={() => onPress(button)}>
      {button.text}
    </button>
  );
}

function Attached({ media, kind, name }: { media: number; kind: string; name: string }) {
  const { shown } = useEditor();
  const address = shown.files[media];
  if (kind === "image" && address) return <img className="flow-said-image" src={address} alt={name} />;
  return (
    <p className="bubble flow-said-file">
      <Icon of={FileText} />
      {name || interpolate(gettext("File %(number)s"), { number: media })}
    </p>
  );
}

function Piece({ span }: { span: Span }) {
  const looks: Record<string, string> = { bold: "font-semibold", italic: "italic", struck: "line-through", code: "mono" };
  const look = span.styles.map((style) => looks[style] ?? "").join(" ");
  if (!span.href) return <span className={look}>{span.text}</span>;
  return (
    <a className={`link ${look}`} href={span.href} target="_blank" rel="noreferrer">
      {span.text}
    </a>
  );
}
