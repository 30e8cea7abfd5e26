// The server under test, as the environment names it.

import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";

/** Where GraphQL is asked, over HTTP. */
export const url = required("GRAPHQL_URL");

/** What the answers have to have seen, as well as who asks. */
export const headers: Record<string, string> = {
  authorization: `Bearer ${required("GRAPHQL_TOKEN")}`,
  ...(process.env["GRAPHQL_CONSISTENCY"] && { "consistency-token": process.env["GRAPHQL_CONSISTENCY"] }),
};

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

/** Asks, and gives what was asked for; an error of any part is thrown. */
export async function ask<Data, Variables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query: print(document), variables }),
  });
  const answer = (await response.json()) as { data: Data; errors?: unknown };
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}
