// Puts what floats beside what it belongs to, inside the window. Positions go through the CSSOM: the policy forbids style attributes.

export function place(floating: HTMLElement, anchor: Element, side: "below" | "above" | "right", gap = 4): void {
  const edge = 8;
  const box = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = floating;
  const { innerWidth, innerHeight } = window;
  let left = side === "right" ? box.right + gap : box.left;
  let top = side === "above" ? box.top - height - gap : side === "right" ? box.top + (box.height - height) / 2 : box.bottom + gap;
  if (floating.classList.contains("tip") && side !== "right") left = box.left + (box.width - width) / 2;
  else if (side !== "right" && left + width > innerWidth - edge) left = box.right - width;
  if (top + height > innerHeight - edge) top = side === "below" ? box.top - height - gap : innerHeight - height - edge;
  if (top < edge) top = side === "above" ? box.bottom + gap : edge;
  floating.style.left = `${Math.max(edge, Math.min(left, innerWidth - width - edge))}px`;
  floating.style.top = `${Math.max(edge, top)}px`;
}
