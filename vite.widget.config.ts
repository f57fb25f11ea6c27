// Builds the site chat's widget, apart from the pages: the loader that stands on other sites, the panel that it fetches, and the
// preview in the channel's settings. Each is one file. The first has to be a plain script that leaves no names behind.
import { join } from "node:path";
import { build, defineConfig, type InlineConfig } from "vite";

const root = import.meta.dirname;
const source = (name: string): string => join(root, "static/src/widget", `${name}.ts`);

function one(entry: string, file: string, format: "es" | "iife"): InlineConfig {
  return {
    root,
    configFile: false,
    publicDir: false,
    build: {
      outDir: join(root, "static/dist/widget"),
      emptyOutDir: false,
      target: "es2022",
      lib: { entry: source(entry), formats: [format], name: "kaskad", fileName: () => file },
    },
  };
}

export default defineConfig({
  ...one("panel", "panel.js", "es"),
  plugins: [
    {
      name: "kaskad-widget",
      apply: "build",
      async closeBundle() {
        await build(one("loader", "loader.js", "iife"));
        await build(one("preview", "preview.js", "iife"));
      },
    },
  ],
});
