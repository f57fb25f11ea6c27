// `<time data-ago datetime="…">` ages while the page stays open.
import { ago } from "@shared/format";

const MINUTE = 60_000;
let started = false;

export function startTimes(part: ParentNode): void {
  for (const moment of part.querySelectorAll<HTMLTimeElement>("time[data-ago]")) moment.textContent = ago(moment.dateTime);
  if (started) return;
  started = true;
  window.setInterval(() => startTimes(document), MINUTE);
}
