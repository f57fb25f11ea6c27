// The editor's state in components.
import { createContext, useContext, useSyncExternalStore } from "react";
import type { Editor, Shown } from "./store";

export const EditorContext = createContext<Editor | null>(null);

export function useEditor(): { editor: Editor; shown: Shown } {
  const editor = useContext(EditorContext);
  if (!editor) throw new Error("No editor around this component.");
  return { editor, shown: useSyncExternalStore(editor.subscribe, editor.shown) };
}
