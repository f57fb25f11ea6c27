// Numbers and moments as the reader writes them: his language, the workspace's zone.
import { language } from "./i18n";
import { timeZone } from "./page";

const whole = new Intl.NumberFormat(language === "ru" ? "ru-RU" : "en-GB", { useGrouping: true });
const DAY = 86_400_000;

/** `12 408`, with thin spaces between thousands in both languages. */
export function number(value: number): string {
  return whole
    .formatToParts(value)
    .map((part) => (part.type === "group" ? "\u202f" : part.value))
    .join("");
}

/** `5,20 ₽`: a sum as it is written in the reader's language; the number comes as text, so nothing is rounded before. */
export function money(amount: string, currency: string): string {
  return new Intl.NumberFormat(language === "ru" ? "ru-RU" : "en-GB", { style: "currency", currency, currencyDisplay: "narrowSymbol" }).format(Number(amount));
}

function moment(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(language === "ru" ? "ru-RU" : "en-GB", { timeZone: timeZone(), ...options });
}

const clock = moment({ hour: "2-digit", minute: "2-digit" });
const day = moment({ day: "numeric", month: "long" });
const dayOfYear = moment({ day: "numeric", month: "long", year: "numeric" });
const shortDay = moment({ day: "numeric", month: "short" });
const exact = moment({ day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const calendar = new Intl.DateTimeFormat("en-CA", { timeZone: timeZone() });

const languages = new Intl.DisplayNames(language, { type: "language" });

type Moment = Date | string | number;

/** `14:05` */
export const time = (when: Moment): string => clock.format(new Date(when));

/** The moment in full, with its zone: for a tooltip. */
export const exactly = (when: Moment): string => exact.format(new Date(when));

/** Which day it is in the workspace's zone, as `2026-11-23`: to group by. */
export const dayKey = (when: Moment): string => calendar.format(new Date(when));

/** "Today", "yesterday", `21 November`: the line between days. */
export function dayName(when: Moment, now: Moment = Date.now()): string {
  const days = Math.round((Date.parse(dayKey(when)) - Date.parse(dayKey(now))) / DAY);
  if (days >= -1 && days <= 0) return capital(new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(days, "day"));
  return dayKey(when).slice(0, 4) === dayKey(now).slice(0, 4) ? day.format(new Date(when)) : dayOfYear.format(new Date(when));
}

/** `5 min ago` under a day, then `21 Nov`. */
export function ago(when: Moment, now: Moment = Date.now()): string {
  const seconds = (new Date(when).getTime() - new Date(now).getTime()) / 1000;
  const size = Math.abs(seconds);
  if (size < 60) return relative.format(0, "second");
  if (size < 3600) return relative.format(Math.trunc(seconds / 60), "minute");
  if (size < 86_400) return relative.format(Math.trunc(seconds / 3600), "hour");
  return shortDay.format(new Date(when));
}

/** How long something lasts: `4 min`, `2 h 10 min`, `3 d`. */
export function lasting(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  const unit = (value: number, name: string): string =>
    new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short" }).format(value);
  if (minutes < 60) return unit(minutes, "minute");
  if (minutes < 1440) return minutes % 60 ? `${unit(Math.floor(minutes / 60), "hour")} ${unit(minutes % 60, "minute")}` : unit(minutes / 60, "hour");
  return unit(Math.floor(minutes / 1440), "day");
}

/** `1,4 MB` */
export function fileSize(bytes: number): string {
  const [value, name] = bytes < 1e6 ? [bytes / 1e3, "kilobyte"] : [bytes / 1e6, "megabyte"];
  return new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: 1 }).format(value);
}

function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase(language) + text.slice(1);
}

/** A language as the reader calls it, by its code such as `ru-RU`; the code itself where it is not one. */
export function languageName(code: string): string {
  try {
    return languages.of(code) ?? code;
  } catch {
    return code;
  }
}
