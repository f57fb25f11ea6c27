// What became of a message, in words: where it is, why it did not arrive, what to do about it.
import { gettext, interpolate, pgettext } from "@shared/i18n";
import type { Message, Status } from "./types";

export interface Fate {
  what: string;
  todo: string;
}

export function statusWord(status: Status): string {
  switch (status) {
    case "queued":
      return gettext("Waiting to be sent");
    case "sending":
      return gettext("Being sent");
    case "sent":
      return pgettext("message", "Sent");
    case "delivered":
      return pgettext("message", "Delivered");
    case "read":
      return pgettext("message", "Read");
    case "canceled":
      return gettext("Taken back");
    case "uncertain":
      return gettext("Perhaps not delivered");
    default:
      return gettext("Not delivered");
  }
}

/** Say what went wrong and what helps; null when nothing did. */
export function failure(message: Message, words: Record<string, string>): Fate | null {
  const why = (what: string): string => (message.reason ? `${what} ${reasonWords(message.reason, words)}` : what);
  switch (message.status) {
    case "rejected":
      return { what: why(gettext("The messenger refused this message.")), todo: gettext("Change the message and send it anew, or try once more later.") };
    case "unreachable":
      return { what: why(gettext("This person cannot be reached here.")), todo: gettext("Write through another channel, or try again when the person has written to you.") };
    case "uncertain":
      return { what: why(gettext("The line broke while the message was leaving: it may have arrived or not.")), todo: gettext("Ask the person whether it came, or send it again: then it may come twice.") };
    case "canceled":
      return { what: why(gettext("The message was taken back before it left.")), todo: "" };
    default:
      return null;
  }
}

/** Put a reason code into words; what a messenger says of itself stays as it says it. */
export function reasonWords(reason: string, words: Record<string, string>): string {
  const [code = reason] = reason.split(/ \(|: /, 1);
  const numbered = /^(?:status|error)_(\S+)$/.exec(reason);
  if (numbered) return interpolate(gettext("The messenger answered with error %(code)s."), { code: numbered[1] ?? "" });
  return words[code] ?? interpolate(gettext("It says: “%(reason)s”."), { reason });
}

export function outcomeWord(outcome: string): string {
  switch (outcome) {
    case "":
      return gettext("Under way");
    case "sent":
      return pgettext("message", "Sent");
    case "retry_at":
      return gettext("Put off");
    case "unreachable":
      return gettext("Person not reachable");
    case "rejected":
      return gettext("Refused");
    case "channel_broken":
      return gettext("The channel needs attention");
    default:
      return gettext("Unknown outcome");
  }
}
