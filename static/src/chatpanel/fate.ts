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
export function failure(message: Message): Fate | null {
  switch (message.status) {
    case "rejected":
      return { what: withReason(gettext("The messenger refused this message."), message.reason), todo: gettext("Change the message and send it anew, or try once more later.") };
    case "unreachable":
      return { what: withReason(gettext("This person cannot be reached here."), message.reason), todo: gettext("Write through another channel, or try again when the person has written to you.") };
    case "uncertain":
      return { what: withReason(gettext("The line broke while the message was leaving: it may have arrived or not."), message.reason), todo: gettext("Ask the person whether it came, or send it again: then it may come twice.") };
    case "canceled":
      return { what: withReason(gettext("The message was taken back before it left."), message.reason), todo: "" };
    default:
      return null;
  }
}

// Kaskad's own codes are put into words; what a messenger says of itself is shown as it says it.
function withReason(what: string, reason: string): string {
  if (!reason) return what;
  const known = knownReason(reason);
  return `${what} ${known ?? interpolate(gettext("It says: “%(reason)s”."), { reason })}`;
}

function knownReason(reason: string): string | null {
  switch (reason) {
    case "blocked":
      return gettext("The person has blocked us.");
    case "window_closed":
      return gettext("Too much time had passed since the person's last message: the messenger lets nothing through.");
    case "unsubscribed":
      return gettext("The person has unsubscribed.");
    case "person_took_over":
      return gettext("A person took the conversation over meanwhile.");
    case "batch_stopped":
      return gettext("The broadcast was stopped.");
    case "too_late":
      return gettext("It became too late for it.");
    case "sender_stalled":
      return gettext("The sending process stopped half-way.");
    case "sender_died":
      return gettext("The sending process died during the call.");
    case "given_up":
      return gettext("A colleague gave it up.");
    case "deactivated":
      return gettext("The person's account is gone.");
    case "never_started":
      return gettext("The person has never started this bot.");
    case "forbidden":
      return gettext("The messenger does not let us write to this person.");
    case "file_too_large":
      return gettext("The file is too large for the messenger.");
    case "template_pending":
      return gettext("The messenger has not approved this template yet.");
    case "template_rejected":
    case "no_such_template":
      return gettext("The messenger has not approved this template, or has it no more.");
    case "template_paused":
      return gettext("The messenger has paused this template: people complained.");
    case "template_disabled":
      return gettext("The messenger has disabled this template.");
    case "template_gaps":
      return gettext("The template has other gaps by now: fill it anew.");
    case "template_against_rules":
      return gettext("Something in the template is against the messenger's rules.");
    case "template_too_long":
      return gettext("What fills the template makes it too long.");
    case "marketing_cap":
      return gettext("This person has had enough advertising for today, the messenger says.");
    case "stopped_marketing":
      return gettext("The person wants no advertising.");
    default:
      return null;
  }
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
