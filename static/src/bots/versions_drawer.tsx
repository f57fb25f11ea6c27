// What was published, when and by whom; an older version can become the draft again.
import { useEffect, useState } from "react";
import { ago, exactly } from "@shared/format";
import { gettext, interpolate } from "@shared/i18n";
import { request } from "@shared/request";
import { toast } from "@shared/toast";
import { attempt } from "./attempt";
import { Dialog } from "./dialog";
import type { Draft, Version } from "./types";
import { useEditor } from "./use_editor";

export function VersionsDrawer({ onClose }: { onClose(): void }) {
  const { editor } = useEditor();
  const [versions, setVersions] = useState<Version[] | null>(null);
  useEffect(() => {
    void attempt(async () => setVersions((await request<{ versions: Version[] }>(`${editor.boot.data}versions/`)).versions));
  }, [editor]);
  return (
    <Dialog drawer title={gettext("Versions")} onClose={onClose}>
      {versions === null ? (
        <span className="skeleton" role="status" aria-label={gettext("Loading")} />
      ) : (
        <ul className="flow-versions">
          {versions.map((version) => (
            <li key={version.number} className="flow-version">
              <div>
                <b>{interpolate(gettext("Version %(number)s"), { number: version.number })}</b> {version.live && <span className="badge badge-success">{gettext("Live")}</span>}
                <p className="text-muted" title={exactly(version.at)}>
                  {[version.by, ago(version.at)].filter(Boolean).join(", ")}
                </p>
              </div>
              <button type="button" className="btn btn-sm" aria-label={interpolate(gettext("Restore version %(number)s as the draft"), { number: version.number })} onClick={() => void restore(version.number)}>
                {gettext("Restore as draft")}
              </button>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );

  async function restore(number: number): Promise<void> {
    const done = await attempt(async () => {
      await editor.save();
      editor.replace(await request<Draft>(`${editor.boot.data}restore/`, { body: { number, revision: editor.shown().flow.revision } }));
      toast({ text: interpolate(gettext("The draft is version %(number)s now. What is published has not changed."), { number }) });
    });
    if (done) onClose();
  }
}
