// Bundles GraphiQL into dist/, from where the program embeds it.
import { copyFile, mkdir, rm } from "node:fs/promises";
import { build } from "esbuild";

await rm("dist", { force: true, recursive: true });
await mkdir("dist");
await build({
  bundle: true,
  define: { "process.env.NODE_ENV": '"production"' },
  entryPoints: { index: "src/main.jsx" },
  jsx: "automatic",
  legalComments: "none",
  loader: { ".ttf": "file", ".woff2": "file" },
  logLevel: "warning",
  minify: true,
  outdir: "dist",
  target: "es2022",
});
await copyFile("src/index.html", "dist/index.html");
