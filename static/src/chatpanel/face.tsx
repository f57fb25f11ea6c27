// A person's face: the picture that the messenger has given, or two letters on a quiet colour.
import { useState } from "react";
import { MessengerMark } from "@shared/messenger_mark";
import { faceColour, initials, nameOf } from "./naming";
import type { Conversation } from "./types";

export function Face({ row, size = "", marked = true }: { row: Conversation; size?: "" | "face-40"; marked?: boolean }) {
  const { picture } = row.contact;
  const [broken, setBroken] = useState("");
  const shown = picture && picture !== broken;
  return (
    <span className={`face ${size} ${faceColour(row.contact.id)}`} aria-hidden="true">
      {shown ? <img src={picture} alt="" loading="lazy" onError={() => setBroken(picture)} /> : initials(nameOf(row))}
      {marked && (
        <span className="face-mark">
          <MessengerMark kind={row.channel.kind} />
        </span>
      )}
    </span>
  );
}
