// How people and files are called where they have no name of their own.
import { gettext, interpolate } from "@shared/i18n";
import type { Conversation, Message } from "./types";

export function nameOf(row: Conversation): string {
  const { name, phone, email, id } = row.contact;
  return name.trim() || phone || email || interpolate(gettext("Visitor %(number)s"), { number: id });
}

export function initials(name: string): string {
  const [first = "", second = ""] = name.trim().split(/\s+/);
  const letters = second ? first.charAt(0) + second.charAt(0) : first.slice(0, 2);
  return letters.toLocaleUpperCase();
}

/** One of the six quiet colours of faces, always the same for one person. */
export function faceColour(id: number): string {
  return `face-${(id % 6) + 1}`;
}

export function fileWord(kind: string): string {
  switch (kind) {
    case "image":
      return gettext("Picture");
    case "video":
      return gettext("Video");
    case "audio":
      return gettext("Audio");
    case "voice":
      return gettext("Voice message");
    default:
      return gettext("File");
  }
}

export function speakerOf(message: Message): string {
  switch (message.source) {
    case "bot":
      return message.flow ? interpolate(gettext("Bot · %(flow)s"), { flow: message.flow }) : gettext("Bot");
    case "broadcast":
      return gettext("Broadcast");
    case "api":
      return gettext("API");
    default:
      return message.author?.name ?? gettext("Former member");
  }
}
