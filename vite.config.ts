// Builds the pages' front end: one entry per folder of static/src that has a main.ts or main.tsx.
import { readdirSync, readFileSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import react from "@vitejs/plugin-react";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig, type Plugin } from "vite";

const root = import.meta.dirname;
const sources = join(root, "static/src");
const built = join(root, "static/dist");

const entries = readdirSync(sources)
  .flatMap((folder) => ["main.ts", "main.tsx"].map((file) => join(sources, folder, file)))
  .filter((file) => existsSync(file));

// Templates draw icons on the server, where no node_modules exist: their paths go into one small file.
function icons(): Plugin {
  return {
    name: "kaskad-icons",
    apply: "build",
    writeBundle() {
      const folder = join(root, "node_modules/lucide-static/icons");
      const drawings = readdirSync(folder)
        .filter((file) => file.endsWith(".svg"))
        .map((file) => {
          const drawing = readFileSync(join(folder, file), "utf8");
          const inside = drawing.slice(drawing.indexOf(">", drawing.indexOf("<svg")) + 1, drawing.lastIndexOf("</svg>"));
          return [file.slice(0, -4), inside.replace(/\s*\n\s*/g, "")];
        });
      mkdirSync(built, { recursive: true });
      writeFileSync(join(built, "icons.json"), JSON.stringify(Object.fromEntries(drawings)));
    },
  };
}

const OLD = 3_600_000;

// The folder is never emptied: open pages still load what the last build left. What is old enough goes.
function sweep(): Plugin {
  return {
    name: "kaskad-sweep",
    apply: "build",
    writeBundle(_, bundle) {
      const assets = join(built, "assets");
      if (!existsSync(assets)) return;
      const kept = new Set(Object.keys(bundle));
      for (const file of readdirSync(assets)) {
        const old = Date.now() - statSync(join(assets, file)).mtimeMs > OLD;
        if (old && !kept.has(`assets/${file}`)) rmSync(join(assets, file));
      }
    },
  };
}

export default defineConfig({
  root,
  base: "/static/",
  publicDir: false,
  plugins: [react(), tailwindcss(), icons(), sweep()],
  resolve: { alias: { "@shared": resolve(sources, "shared") } },
  build: {
    outDir: built,
    emptyOutDir: false,
    manifest: "manifest.json",
    target: "es2022",
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: entries,
      checks: { eval: false }, // htmx has one for `hx-on`, which is switched off: the policy forbids it
    },
  },
});
