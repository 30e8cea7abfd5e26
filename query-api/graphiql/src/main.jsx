// GraphiQL over /graphql. The token is typed into the headers editor, which
// remembers it in this browser; live queries send it as they connect.
import { GraphiQL } from "graphiql";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { createRoot } from "react-dom/client";

import "graphiql/style.css";
import "./main.css";

const HEADERS = `{
  "Authorization": "Bearer "
}`;

const QUERY = `# Put a tenant's token (tenantry token) into the
# headers below:
#
#   { "Authorization": "Bearer …" }
#
# Then press Shift-Ctrl-R: the documentation appears
# on the left, and Ctrl-Space completes what you type.

query {
  __typename
}
`;

const url = new URL("/graphql", location.href).href;

const fetcher = createGraphiQLFetcher({
  url,
  subscriptionUrl: url.replace(/^http/, "ws"),
});

function fetch(parameters, options) {
  // Without a token there is nothing to ask, not even for the schema.
  const token = Object.entries(options?.headers ?? {}).find(
    ([name]) => name.toLowerCase() === "authorization",
  )?.[1];
  if (!token?.replace(/^bearer\s*/i, "")) {
    return {
      errors: [{ message: "no token yet: put one into the headers editor below" }],
    };
  }
  return fetcher(parameters, options);
}

createRoot(document.getElementById("graphiql")).render(
  <GraphiQL
    defaultEditorToolsVisibility="headers"
    defaultHeaders={HEADERS}
    defaultQuery={QUERY}
    fetcher={fetch}
    shouldPersistHeaders
  />,
);
