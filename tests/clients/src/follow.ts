// Follows a list over graphql-ws or graphql-sse, and whenever that ends goes on
// from the last position it was told. Each thing that happens is one line of
// JSON.

import { setTimeout } from "node:timers/promises";

import { type ExecutionResult, print } from "graphql";
import { createClient as createEvents } from "graphql-sse";
import { createClient as createSockets } from "graphql-ws";
import WebSocket from "ws";

import { CustomerChangesDocument, type CustomerChangesSubscription } from "./generated.js";
import { headers, url } from "./server.js";

const [way = "ws", from = "0"] = process.argv.slice(2);
const query = print(CustomerChangesDocument);

// The second is taken once the first has expired.
const tokens = [headers["authorization"]!, process.env["GRAPHQL_NEXT_TOKEN"]].filter((it) => it !== undefined);
let after = from;

const say = (what: object) => console.log(JSON.stringify(what));
const authorization = () => ({ authorization: tokens[0]! });

const sockets = createSockets({
  url: url.replace(/^http/, "ws"),
  webSocketImpl: WebSocket,
  connectionParams: authorization,
  retryAttempts: 0,
  on: {
    closed: (event) => {
      const { code, reason } = event as { code: number; reason: string };
      say({ closed: code, reason });
      if (code === 4403) tokens.shift();
    },
  },
});
const events = createEvents({ url, headers: authorization, retryAttempts: 0 });

function follow(): AsyncIterable<ExecutionResult<CustomerChangesSubscription>> {
  const request = { query, variables: { after } };
  const client = way === "ws" ? sockets : events;
  return client.iterate(request) as AsyncIterable<ExecutionResult<CustomerChangesSubscription>>;
}

while (tokens.length > 0) {
  try {
    for await (const answer of follow()) {
      if (answer.errors) {
        const codes = answer.errors.map((error) => error.extensions["code"]);
        say({ refused: codes });
        if (codes.includes("AUTHN")) tokens.shift();
        continue;
      }
      const { position, reload, removed, nodes } = answer.data!.customers;
      after = position;
      say({ position, reload, removed, ids: nodes.map((node) => node.id) });
    }
    say({ ended: true });
  } catch {
    say({ cut: true });
  }
  await setTimeout(50);
}
