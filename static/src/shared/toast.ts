// Shows a toast from any script: what happened and, where it can be undone, how. The shell draws it.

export type Toast = { text: string; kind?: "info" | "success" | "error"; action?: { label: string; run(): void } };

export function toast(shown: Toast): void {
  document.dispatchEvent(new CustomEvent<Toast>("kaskad:toast", { detail: shown }));
}
