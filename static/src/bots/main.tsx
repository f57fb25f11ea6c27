// The flow editor's island: mounts on the page that bots/views.py shows.
import { createRoot } from "react-dom/client";
import { pageData } from "@shared/page";
import "./bots.css";
import { EditorPage } from "./editor";
import { Editor } from "./store";
import type { Boot } from "./types";
import { EditorContext } from "./use_editor";

const place = document.getElementById("flow-editor");
if (place) {
  const editor = new Editor(pageData<Boot>("flow-editor-data"));
  createRoot(place).render(
    <EditorContext value={editor}>
      <EditorPage />
    </EditorContext>,
  );
}
