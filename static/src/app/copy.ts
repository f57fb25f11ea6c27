// `data-copy="text"` or `data-copy-from="id"` puts text on the clipboard and says so where it was pressed.
import { gettext } from "@shared/i18n";
import { toast } from "@shared/toast";

export function startCopy(): void {
  document.addEventListener("click", async ({ target }) => {
    const button = (target as Element).closest<HTMLElement>("[data-copy], [data-copy-from]");
    if (!button) return;
    const from = document.getElementById(button.dataset.copyFrom ?? "");
    const text = button.dataset.copy || (from instanceof HTMLInputElement ? from.value : (from?.textContent?.trim() ?? ""));
    try {
      await navigator.clipboard.writeText(text);
      toast({ text: gettext("Copied"), kind: "success" });
    } catch {
      toast({ text: gettext("The browser does not let us copy. Select the text and copy it by hand."), kind: "error" });
    }
  });
}
