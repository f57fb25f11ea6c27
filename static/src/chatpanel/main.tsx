// The chat panel's island: mounts on the page that chatpanel/views.py shows.
import { createRoot } from "react-dom/client";
import { pageData } from "@shared/page";
import "./chatpanel.css";
import { PanelPage } from "./panel";
import { Panel } from "./store";
import type { Boot } from "./types";
import { PanelContext } from "./use_panel";

const place = document.getElementById("chat-panel");
if (place) {
  const panel = new Panel(pageData<Boot>("chat-panel-data"));
  createRoot(place).render(
    <PanelContext value={panel}>
      <PanelPage />
    </PanelContext>,
  );
}
