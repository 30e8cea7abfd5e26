// Reads the schema from the server, as tools do, and writes it down as SDL.

import { writeFileSync } from "node:fs";

import {
  buildClientSchema,
  getIntrospectionQuery,
  type IntrospectionQuery,
  lexicographicSortSchema,
  parse,
  printSchema,
} from "graphql";

import { ask } from "./server.js";

const [file = "/dev/stdout"] = process.argv.slice(2);
const query = getIntrospectionQuery({ descriptions: true, specifiedByUrl: true, oneOf: false, inputValueDeprecation: true });
const introspected = (await ask(parse(query), {})) as IntrospectionQuery;
writeFileSync(file, printSchema(lexicographicSortSchema(buildClientSchema(introspected))));
