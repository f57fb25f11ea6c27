// Asking the panel's endpoints: with an end to patience, and telling a lost sign-in apart from a lost line.
import { gettext } from "@shared/i18n";
import { request, RequestError } from "@shared/request";

const PATIENCE = 20_000;
const UPLOAD_PATIENCE = 300_000;

export class SignedOut extends Error {}

export async function ask<Answer>(address: string, body?: unknown): Promise<Answer> {
  const patience = body instanceof FormData ? UPLOAD_PATIENCE : PATIENCE;
  const answer = await request<Answer | null>(address, { body, signal: AbortSignal.timeout(patience) });
  // Who is not signed in is led to a page, which is no JSON.
  if (answer === null) throw new SignedOut(gettext("You have been signed out. Sign in again: nothing is lost."));
  return answer;
}

/** Whether nothing is known of what became of the request: asking once more is right. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof RequestError && (error.status === 0 || error.status >= 500);
}

export function refusal(error: unknown): { code: string; fields: Record<string, string> } & Record<string, unknown> {
  const body = error instanceof RequestError ? ((error.body ?? {}) as Record<string, unknown>) : {};
  return { code: "", fields: {}, ...body };
}

export function words(error: unknown): string {
  return error instanceof Error && error.message ? error.message : gettext("Something went wrong on our side. Try again in a minute.");
}
