// A list that is scrolled to its end with Apollo Client, whose cache joins
// pages as Relay does. It says after each page how many rows it has, and at the
// end writes down the id of every one, in order, as the cache gives them.

import { writeFileSync } from "node:fs";

import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { RetryLink } from "@apollo/client/link/retry";
import { relayStylePagination } from "@apollo/client/utilities";

import { CustomersDocument } from "./generated.js";
import { headers, url } from "./server.js";

const [size = "1000", file = "/dev/stdout"] = process.argv.slice(2);
const first = Number(size);

const client = new ApolloClient({
  // A server closes connections on which nothing has come for a while.
  link: ApolloLink.from([new RetryLink(), new HttpLink({ uri: url, headers })]),
  cache: new InMemoryCache({
    typePolicies: { Query: { fields: { customers: relayStylePagination(["filter", "orderBy"]) } } },
  }),
});

const query = client.watchQuery({ query: CustomersDocument, variables: { first } });
let page = (await query.refetch()).data?.customers;
let pages = 1;
while (page?.pageInfo.hasNextPage) {
  console.log(`page ${pages}`);
  const more = await query.fetchMore({ variables: { after: page.pageInfo.endCursor } });
  if (more.error) throw more.error;
  page = more.data?.customers;
  pages += 1;
}

const whole = client.readQuery({ query: CustomersDocument, variables: { first } });
writeFileSync(file, whole!.customers!.edges.map((edge) => `${edge.node.id}\n`).join(""));
console.log(`end ${pages}`);
