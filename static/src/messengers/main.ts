// The settings of a site chat: the preview follows what is typed, and says how well the colour reads.
import { gettext, interpolate } from "@shared/i18n";
import { contrastOn, inkOn } from "../widget/colors";
import type { Config } from "../widget/types";
import "./messengers.css";

const form = document.querySelector<HTMLFormElement>("[data-chat-settings]");
const frame = document.querySelector<HTMLIFrameElement>("[data-chat-preview]");
const contrast = document.querySelector<HTMLElement>("[data-contrast]");

function typed(): Config {
  const values = new FormData(form ?? undefined);
  const text = (name: string): string => String(values.get(name) ?? "").trim();
  const color = text("color");
  return {
    title: text("title") || text("name"),
    greeting: text("greeting"),
    offline: text("offline_text"),
    color: /^#[0-9a-f]{6}$/i.test(color) ? color : "#0b7a99",
    position: text("position") as Config["position"],
    language: text("language") as Config["language"],
  };
}

function show(): void {
  const config = typed();
  frame?.contentWindow?.postMessage({ kaskadPreview: config }, location.origin);
  if (!contrast) return;
  const white = inkOn(config.color) === "#ffffff";
  const ratio = contrastOn(config.color).toFixed(1);
  contrast.hidden = false;
  contrast.textContent = interpolate(
    white ? gettext("Text on this colour is white, contrast %(ratio)s : 1: it reads well.") : gettext("Text on this colour is black, contrast %(ratio)s : 1: it reads well."),
    { ratio },
  );
}

// The words about the colour stand under the colour.
document.querySelector("[name=color]")?.closest(".field")?.append(...(contrast ? [contrast] : []));
form?.addEventListener("input", show);
form?.addEventListener("change", show);
window.addEventListener("message", ({ origin, data }: MessageEvent<{ kaskadPreviewReady?: boolean }>) => {
  if (origin === location.origin && data?.kaskadPreviewReady) show();
});
// The frame may have been ready before this script was.
show();
