// Which of the two languages the visitor reads: the channel's, or the page's.
import type { Config } from "./types";

export type Language = "ru" | "en";

export function languageOf(config: Config): Language {
  if (config.language !== "page") return config.language;
  const told = document.documentElement.lang || navigator.language || "en";
  return told.toLowerCase().startsWith("ru") ? "ru" : "en";
}
