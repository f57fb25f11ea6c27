// Somebody else has saved: nothing is overwritten, the reader decides.
import { useState } from "react";
import { exactly, time } from "@shared/format";
import { gettext, interpolate } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { TriangleAlert } from "lucide-react";
import { attempt } from "./attempt";
import { useEditor } from "./use_editor";

export function ConflictNote() {
  const { editor, shown } = useEditor();
  const [busy, setBusy] = useState(false);
  const { theirs } = shown;
  if (shown.saving === "refused") {
    return (
      <div className="note note-error" role="alert">
        <Icon of={TriangleAlert} />
        <p>{shown.refusal}</p>
      </div>
    );
  }
  if (!theirs) return null;
  const words = interpolate(gettext("%(name)s has saved this flow at %(time)s. Your changes are kept here and are not saved."), {
    name: theirs.updatedBy || gettext("Somebody"),
    time: time(theirs.updatedAt),
  });
  return (
    <div className="note note-warning" role="alert">
      <Icon of={TriangleAlert} />
      <div className="flow-conflict">
        <p title={exactly(theirs.updatedAt)}>{words}</p>
        <div className="flow-conflict-ways">
          <button type="button" className="btn btn-sm" disabled={busy} onClick={() => run(() => editor.loadTheirs())}>
            {gettext("Load theirs")}
          </button>
          <button type="button" className="btn btn-sm" disabled={busy} onClick={() => run(() => editor.keepAsCopy())}>
            {gettext("Keep mine as a copy")}
          </button>
        </div>
      </div>
    </div>
  );

  function run(work: () => Promise<void>): void {
    setBusy(true);
    void attempt(work).finally(() => setBusy(false));
  }
}
