// Before publishing: what changes, whose changes they are, what stands in the way, and what happens to those inside.
import { useEffect, useState } from "react";
import { gettext, interpolate, ngettext } from "@shared/i18n";
import { request } from "@shared/request";
import { toast } from "@shared/toast";
import { attempt } from "./attempt";
import { Dialog } from "./dialog";
import { stepNumber } from "./edits";
import { stepName } from "./naming";
import { ProblemNotes } from "./problem_notes";
import type { BeforePublishing, Flow } from "./types";
import { useEditor } from "./use_editor";

export function PublishDialog({ onClose }: { onClose(): void }) {
  const { editor, shown } = useEditor();
  const [seen, setSeen] = useState<BeforePublishing | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    void attempt(async () => setSeen(await request<BeforePublishing>(`${editor.boot.data}publish/`)));
  }, [editor]);
  const errors = seen?.problems.filter((one) => one.error) ?? [];
  const foot = (
    <>
      <button type="button" className="btn" onClick={onClose}>
        {errors.length > 0 ? gettext("Back to the list") : gettext("Cancel")}
      </button>
      {errors.length === 0 && (
        <button type="button" className="btn btn-primary" disabled={!seen || busy} aria-busy={busy} onClick={() => void publish()}>
          <span className="spinner" aria-hidden="true" />
          {gettext("Publish")}
        </button>
      )}
    </>
  );
  return (
    <Dialog title={errors.length > 0 ? gettext("The flow is not finished yet") : gettext("Publish the flow?")} onClose={onClose} foot={foot}>
      {!seen ? <span className="skeleton" role="status" aria-label={gettext("Loading")} /> : errors.length > 0 ? <Obstacles /> : <Summary seen={seen} />}
    </Dialog>
  );

  function Obstacles() {
    return (
      <ul className="flow-obstacles">
        {errors.map((problem, index) => {
          const number = shown.graph ? stepNumber(shown.graph, problem.node) : 0;
          return (
            <li key={index}>
              <b>{number > 0 ? stepName(number) : gettext("The flow")}</b>
              <ProblemNotes problems={[problem]} />
            </li>
          );
        })}
      </ul>
    );
  }

  async function publish(): Promise<void> {
    setBusy(true);
    const done = await attempt(async () => {
      const { flow } = await request<{ flow: Flow }>(`${editor.boot.data}publish/`, { body: { revision: shown.flow.revision } });
      editor.take(flow);
      toast({ kind: "success", text: flow.active ? interpolate(gettext("Version %(number)s is live."), { number: flow.version ?? 1 }) : gettext("Published. The flow is switched off, so nobody gets in yet.") });
    });
    setBusy(false);
    if (done) onClose();
  }
}

function Summary({ seen }: { seen: BeforePublishing }) {
  const { added, removed, changed, triggers } = seen.changes;
  const lines = [
    added && interpolate(ngettext("%(count)s step added", "%(count)s steps added", added), { count: added }),
    changed && interpolate(ngettext("%(count)s step changed", "%(count)s steps changed", changed), { count: changed }),
    removed && interpolate(ngettext("%(count)s step removed", "%(count)s steps removed", removed), { count: removed }),
    triggers && gettext("What starts the flow has changed"),
  ].filter((line): line is string => typeof line === "string");
  return (
    <div className="flow-summary">
      {lines.length > 0 ? (
        <ul>
          {lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      ) : (
        <p>{gettext("No step has changed.")}</p>
      )}
      {seen.authors.length > 0 && <p>{interpolate(gettext("Changed by: %(names)s."), { names: seen.authors.join(", ") })}</p>}
      {seen.flow.inside > 0 && (
        <p className="text-muted">
          {interpolate(ngettext("%(count)s person inside finishes in the version where he began.", "%(count)s people inside finish in the version where they began.", seen.flow.inside), { count: seen.flow.inside })}
        </p>
      )}
      <ProblemNotes problems={seen.problems} />
    </div>
  );
}
