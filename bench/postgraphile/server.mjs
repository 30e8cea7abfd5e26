// PostGraphile over the read tables, as its documentation sets it up for
// production: a process per core, prepared plans, no console.
//
//   node server.mjs <port> <database url> <tenant> <tables as JSON>
import cluster from "node:cluster";
import { createServer } from "node:http";
import { availableParallelism } from "node:os";

const [port, connectionString, tenant, tables] = process.argv.slice(2);

if (cluster.isPrimary) {
  for (let each = 0; each < availableParallelism(); each += 1) cluster.fork();
  cluster.on("exit", () => process.exit(1));
} else {
  const { postgraphile } = await import("postgraphile");
  const { grafserv } = await import("postgraphile/grafserv/node");
  const { PostGraphileAmberPreset } = await import("postgraphile/presets/amber");
  const { makePgService } = await import("postgraphile/adaptors/pg");
  const { jsonPgSmartTags } = await import("postgraphile/utils");
  const { PostGraphileConnectionFilterPreset } = await import("postgraphile-plugin-connection-filter");

  const preset = {
    extends: [PostGraphileAmberPreset, PostGraphileConnectionFilterPreset],
    // Names and relations, which the tables have no foreign keys for.
    plugins: [jsonPgSmartTags({ version: 1, config: { class: JSON.parse(tables) } })],
    // Filters and orders by columns without an index, as ours has them.
    disablePlugins: ["MutationPlugin", "PgIndexBehaviorsPlugin"],
    grafserv: { websockets: false, graphiql: false, watch: false },
    grafast: { context: { pgSettings: { "tenantry.tenant": tenant } }, explain: false },
    pgServices: [makePgService({ connectionString, schemas: ["read"] })],
  };
  const server = createServer();
  const served = postgraphile(preset).createServ(grafserv);
  await served.addTo(server);
  server.listen(Number(port), "127.0.0.1");
}
