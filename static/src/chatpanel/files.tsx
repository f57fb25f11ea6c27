// The files of a message: pictures side by side, what can be heard or opened under them, what has not come yet.
import { fileSize } from "@shared/format";
import { gettext, interpolate } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { FileText, FileX } from "lucide-react";
import { fileWord } from "./naming";
import type { Attachment } from "./types";

export function Files({ files }: { files: Attachment[] }) {
  const visual = files.filter((file) => file.kind === "image" || file.kind === "video");
  const album = visual.length > 1;
  const others = album ? files.filter((file) => !visual.includes(file)) : files;
  return (
    <>
      {album && (
        <ul className="chats-album" aria-label={gettext("Album")}>
          {visual.map((file, index) => (
            <li key={index}>
              <File file={file} />
            </li>
          ))}
        </ul>
      )}
      {others.map((file, index) => (
        <File key={index} file={file} />
      ))}
    </>
  );
}

export function File({ file }: { file: Attachment }) {
  const name = file.name || gettext("File");
  if (file.state === "remote") return <Coming file={file} />;
  if (file.state === "lost") return <Lost file={file} />;
  if (file.kind === "image") {
    return (
      <a className="chats-picture" href={file.url} target="_blank" rel="noreferrer">
        <img src={file.url} alt={name} loading="lazy" />
      </a>
    );
  }
  if (file.kind === "video") return <video className="chats-picture" src={file.url} controls preload="metadata" aria-label={name} />;
  if (file.kind === "audio" || file.kind === "voice") return <audio className="chats-audio" src={file.url} controls preload="metadata" aria-label={name} />;
  return (
    <a className="chats-file" href={file.url} target="_blank" rel="noreferrer">
      <Icon of={FileText} size={20} />
      <span className="chats-file-name">{name}</span>
      <span className="chats-file-size">{fileSize(file.size)}</span>
    </a>
  );
}

function Coming({ file }: { file: Attachment }) {
  const words = interpolate(gettext("%(what)s: on its way from the messenger"), { what: fileWord(file.kind) });
  return (
    <span className="chats-coming" data-kind={file.kind} role="status">
      <span className="skeleton" aria-hidden="true" />
      <span className="chats-file-size">{words}</span>
    </span>
  );
}

function Lost({ file }: { file: Attachment }) {
  return (
    <span className="chats-lost">
      <Icon of={FileX} size={20} />
      <span>{interpolate(gettext("%(what)s: the messenger did not give it to us. Ask the person to send it once more."), { what: fileWord(file.kind) })}</span>
    </span>
  );
}
