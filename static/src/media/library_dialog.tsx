// "From the library": files that the workspace has already, chosen for a message. The chat panel and the bots' editor open it.
import { useEffect, useId, useRef, useState } from "react";
import { gettext, interpolate, ngettext } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { request } from "@shared/request";
import { FileText, Film, Image, Mic, Music, X } from "lucide-react";
import "./media.css";

export type Kind = "image" | "video" | "audio" | "voice" | "document";
export interface LibraryFile {
  id: number;
  attachment: { kind: Kind; media: number; name: string; content_type: string; size: number };
  url: string;
  thumbnail: string;
  length: string;
  stage: string;
}
type Shelf = { files: LibraryFile[]; before: number | null };
type Props = { address: string; room: number; onChosen(files: LibraryFile[]): void; onClose(): void };

const DRAWINGS = { image: Image, video: Film, audio: Music, voice: Mic, document: FileText };
const PAUSE = 250; // ms after the last letter

export function LibraryDialog({ address, room, onChosen, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState<LibraryFile[]>([]);
  const { shelf, problem, more } = useShelf(address, search);
  useEffect(() => dialog.current?.showModal(), []);
  const press = (file: LibraryFile): void => setChosen((files) => (files.some((one) => one.id === file.id) ? files.filter((one) => one.id !== file.id) : [...files, file]));
  const take = (): void => {
    onChosen(chosen);
    dialog.current?.close();
  };
  return (
    <dialog ref={dialog} className="dialog dialog-wide" aria-labelledby={id} onClose={onClose}>
      <header className="dialog-head">
        <h2 className="dialog-title" id={id}>
          {gettext("From the library")}
        </h2>
        <button type="button" className="btn btn-ghost btn-sm btn-square" aria-label={gettext("Close")} onClick={() => dialog.current?.close()}>
          <Icon of={X} />
        </button>
      </header>
      <div className="dialog-body">
        <input className="input" type="search" value={search} placeholder={gettext("Find by name")} aria-label={gettext("Find by name")} onChange={(event) => setSearch(event.target.value)} />
        {problem && (
          <p className="field-error" role="alert">
            {problem}
          </p>
        )}
        {!shelf && !problem && <span className="skeleton mt-4" role="status" aria-label={gettext("Loading")} />}
        {shelf?.files.length === 0 && <p className="text-muted mt-4">{search ? gettext("No file has this in its name.") : gettext("The library is empty. What you attach from your computer appears here.")}</p>}
        <div className="media-choice">
          {shelf?.files.map((file) => (
            <Option key={file.id} file={file} pressed={chosen.some((one) => one.id === file.id)} full={chosen.length >= room} onPress={press} />
          ))}
        </div>
        {shelf?.before && (
          <button type="button" className="btn btn-ghost btn-sm mt-3" onClick={more}>
            {gettext("Show more")}
          </button>
        )}
      </div>
      <footer className="dialog-foot">
        <button type="button" className="btn btn-primary" disabled={chosen.length === 0} onClick={take}>
          {chosen.length === 0 ? gettext("Attach") : interpolate(ngettext("Attach %(count)s file", "Attach %(count)s files", chosen.length), { count: chosen.length })}
        </button>
      </footer>
    </dialog>
  );
}

function Option({ file, pressed, full, onPress }: { file: LibraryFile; pressed: boolean; full: boolean; onPress(file: LibraryFile): void }) {
  const waits = file.stage === "processing";
  return (
    <button type="button" className="media-option" aria-pressed={pressed} disabled={waits || (full && !pressed)} title={waits ? gettext("This file is still being prepared.") : file.attachment.name} onClick={() => onPress(file)}>
      <span className="media-picture">
        {file.thumbnail ? <img src={file.thumbnail} alt="" loading="lazy" /> : <Icon of={DRAWINGS[file.attachment.kind]} size={20} />}
        {file.length && <span className="media-length">{file.length}</span>}
      </span>
      <span className="media-name">{file.attachment.name}</span>
    </button>
  );
}

function useShelf(address: string, search: string): { shelf: Shelf | null; problem: string; more(): void } {
  const [shelf, setShelf] = useState<Shelf | null>(null);
  const [problem, setProblem] = useState("");
  const ask = (before: number | null, signal?: AbortSignal): Promise<Shelf> => {
    const query = new URLSearchParams({ search, ...(before ? { before: String(before) } : {}) });
    return request<Shelf>(`${address}?${query}`, signal ? { signal } : {});
  };
  const fail = (error: unknown): void => {
    if (!(error instanceof DOMException)) setProblem(error instanceof Error ? error.message : String(error));
  };
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(
      () => {
        setProblem("");
        ask(null, stop.signal).then(setShelf, fail);
      },
      search ? PAUSE : 0,
    );
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [address, search]);
  const more = (): void => void ask(shelf?.before ?? null).then((next) => setShelf((now) => ({ files: [...(now?.files ?? []), ...next.files], before: next.before })), fail);
  return { shelf, problem, more };
}
