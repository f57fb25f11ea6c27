// People whom an error has stopped: who, when, where, and why.
import { ago, exactly } from "@shared/format";
import { gettext, interpolate, ngettext } from "@shared/i18n";
import { stepNumber } from "./edits";
import { useEditor } from "./use_editor";

export function FailureNotes() {
  const { editor, shown } = useEditor();
  const { failures } = editor.boot;
  if (failures.length === 0) return null;
  const { failed } = shown.flow;
  return (
    <details className="note note-error flow-failures">
      <summary>{interpolate(ngettext("An error has stopped %(count)s person", "An error has stopped %(count)s people", failed), { count: failed })}</summary>
      <ul>
        {failures.map((failure, index) => {
          const number = failure.node && shown.graph ? stepNumber(shown.graph, failure.node) : 0;
          const place = number > 0 ? interpolate(gettext("step %(number)s, version %(version)s"), { number, version: failure.version }) : interpolate(gettext("version %(version)s"), { version: failure.version });
          return (
            <li key={index}>
              <b>{failure.person}</b>, <time title={exactly(failure.at)}>{ago(failure.at)}</time>, {place}: {failure.text}
            </li>
          );
        })}
      </ul>
    </details>
  );
}
