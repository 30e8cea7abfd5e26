// What other people's rules say about the schema that the server shows.
// Whatever is relaxed here says why.

import graphql from "@graphql-eslint/eslint-plugin";

const rules = {
  ...graphql.configs["flat/schema-recommended"].rules,
  ...graphql.configs["flat/schema-relay"].rules,
  // Pages have `nodes` beside `edges`, for whoever needs no cursors. There is
  // no root field `node`: rows are asked for by their own names.
  "@graphql-eslint/relay-edge-types": [
    "error",
    { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
  ],
  // Rows have ids. Pages, groups and what is nested in a row are no things of
  // their own that a cache could keep.
  "@graphql-eslint/strict-id-in-types": "off",
  // A relation is called what its rows are called, wherever it begins.
  "@graphql-eslint/no-typename-prefix": "off",
};

export default [
  {
    files: ["**/*.graphql"],
    plugins: { "@graphql-eslint": graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: process.env.SCHEMA } },
    },
    rules,
  },
];
