// Files on their way into a step, however they came: chosen, dropped on its card, pasted into its text. Refusals are said.
import { type ClipboardEvent, useState } from "react";
import { interpolate, ngettext } from "@shared/i18n";
import { request } from "@shared/request";
import { toast } from "@shared/toast";
import type { LibraryFile } from "../media/library_dialog";
import { attempt } from "./attempt";
import { changeStep } from "./edits";
import { type Attachment, isTalking } from "./types";
import { useEditor } from "./use_editor";

export const LIMIT = 10;

export interface Attaching {
  busy: boolean;
  attach(files: File[]): Promise<void>;
  choose(files: LibraryFile[]): void;
}

export function useAttaching(id: string): Attaching {
  const { editor } = useEditor();
  const [underway, setUnderway] = useState(0);
  return { busy: underway > 0, attach, choose };

  async function attach(files: File[]): Promise<void> {
    setUnderway((count) => count + 1);
    for (const file of files) {
      if (isFull()) {
        toast({ kind: "error", text: interpolate(ngettext("One message carries at most %(count)s file.", "One message carries at most %(count)s files.", LIMIT), { count: LIMIT }) });
        break;
      }
      await attempt(() => upload(file));
    }
    setUnderway((count) => count - 1);
  }

  function isFull(): boolean {
    const node = editor.shown().graph?.nodes[id];
    return !isTalking(node) || node.attachments.length >= LIMIT;
  }

  async function upload(file: File): Promise<void> {
    const form = new FormData();
    form.append("file", file);
    const { attachment, url } = await request<{ attachment: Attachment; url: string }>(editor.boot.upload, { body: form });
    add(attachment, url);
  }

  function choose(files: LibraryFile[]): void {
    for (const { attachment, url } of files) add(attachment, url);
  }

  function add(attachment: Attachment, url: string): void {
    editor.addFile(attachment.media, url);
    editor.change((now) => changeStep(now, id, (step) => ({ ...step, attachments: [...step.attachments, attachment].slice(0, LIMIT) })));
  }
}

/** The files that were pasted. An office program puts a picture of the copied words beside them: then the words are meant. */
export function pastedFiles({ clipboardData }: ClipboardEvent): File[] {
  const isWords = clipboardData.types.includes("text/plain") && clipboardData.types.includes("text/html");
  return isWords ? [] : [...clipboardData.files];
}
