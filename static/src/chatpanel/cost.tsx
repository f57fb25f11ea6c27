// What an answer would cost, where messages are paid for: counted by the server while somebody writes.
import { useEffect, useState } from "react";
import { money } from "@shared/format";
import { gettext, interpolate, ngettext } from "@shared/i18n";
import { ask } from "./api";
import type { Conversation } from "./types";
import { usePanel } from "./use_panel";

type Told = { parts: number; alphabet: string; left: number | null; amount: string; currency: string };

const PAUSE = 400; // milliseconds without a stroke

export function Cost({ row }: { row: Conversation }) {
  const { panel, state } = usePanel();
  const { text, files } = state.draft;
  const [told, setTold] = useState<Told | null | undefined>(undefined);
  const attachments = files.map((file) => file.id).join();
  const empty = !text.trim() && !attachments;
  useEffect(() => {
    if (empty) {
      setTold(undefined);
      return undefined;
    }
    let stale = false;
    const timer = setTimeout(() => {
      ask<{ cost: Told | null }>(`${panel.boot.data}${row.id}/cost/`, { text, attachments: files.map((file) => file.id) }).then(
        (answer) => !stale && setTold(answer.cost),
        () => !stale && setTold(null),
      );
    }, PAUSE);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [row.id, text, attachments]);
  if (empty) return null;
  return (
    <p className="chats-cost" role="status">
      {told === undefined ? gettext("Counting…") : told ? worded(told) : gettext("How much this costs cannot be told now.")}
    </p>
  );
}

function worded({ parts, alphabet, left, amount, currency }: Told): string {
  const words = [interpolate(ngettext("%(count)s message", "%(count)s messages", parts), { count: parts })];
  if (left !== null) words.push(interpolate(ngettext("%(count)s character left in the last one", "%(count)s characters left in the last one", left), { count: left }));
  words.push(amount ? interpolate(gettext("about %(sum)s"), { sum: money(amount, currency) }) : gettext("the price is not known"));
  if (alphabet === "ucs2" && parts > 1) words.push(gettext("with Cyrillic letters or emoji a message carries 70 characters, without them 160"));
  return words.join(" · ");
}
