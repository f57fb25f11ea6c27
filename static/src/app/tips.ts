// Tooltips: `data-tip="…"` on anything that can be hovered or focused. The text repeats its label or adds the exact moment.
import { place } from "./floating";

const DELAY = 350;

export function startTips(): void {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.popover = "manual";
  tip.setAttribute("aria-hidden", "true");
  document.body.append(tip);
  let timer = 0;
  let owner: Element | null = null;

  const hide = (): void => {
    window.clearTimeout(timer);
    owner = null;
    if (tip.matches(":popover-open")) tip.hidePopover();
  };
  const show = (target: EventTarget | null, delay: number): void => {
    const wanted = (target as Element).closest?.<HTMLElement>("[data-tip]") ?? null;
    if (wanted === owner) return;
    hide();
    if (!wanted?.dataset.tip) return;
    owner = wanted;
    timer = window.setTimeout(() => {
      if (!wanted.isConnected || (wanted.dataset.tipNarrow !== undefined && !wanted.closest('[data-rail="narrow"]'))) return;
      tip.textContent = wanted.dataset.tip ?? "";
      tip.showPopover();
      place(tip, wanted, wanted.dataset.tipNarrow !== undefined ? "right" : "above", 6);
    }, delay);
  };
  document.addEventListener("pointerover", ({ target, pointerType }) => pointerType === "mouse" && show(target, DELAY));
  document.addEventListener("focusin", ({ target }) => (target as Element).matches(":focus-visible") && show(target, 0));
  document.addEventListener("focusout", hide);
  document.addEventListener("pointerdown", hide);
  document.addEventListener("scroll", hide, true);
  document.addEventListener("keydown", ({ key }) => key === "Escape" && hide());
}
