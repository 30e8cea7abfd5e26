// A dashboard with generated types. It says what it was told in one line of
// JSON. Its types are half of the test: `tsc` refuses it when they do not say
// what can be null, which words an enum has, or what a scalar is.

import {
  type DashboardQuery,
  DashboardDocument,
  InvoiceStatus,
  type InvoiceFilter,
} from "./generated.js";
import { ask } from "./server.js";

const filter: InvoiceFilter = {
  status: { in: [InvoiceStatus.Draft, InvoiceStatus.Issued] },
  // A 64-bit integer may be written in any way that JavaScript has.
  and: [{ totalMinor: { gte: 0 } }, { totalMinor: { lt: "9007199254740993" } }],
  customer: { name: { contains: "lovelace" } },
  lines: { every: { net: { minor: { gt: 0 } } }, some: { description: { startsWith: "lunch" } } },
};

// @ts-expect-error there is no such status
const _unknown: InvoiceFilter = { status: { eq: "LOST" } };
// @ts-expect-error a date is a text
const _number: InvoiceFilter = { dueOn: { eq: 20261120 } };

type Node = NonNullable<DashboardQuery["invoices"]>["nodes"][number];

function line(node: Node): string {
  // @ts-expect-error a draft has no due date
  const _certain: string = node.dueOn;
  const due: bigint = BigInt(node.dueMinor);
  const nets = node.lines.map(({ net }) => `${BigInt(net.minor)} ${net.currency}`);
  return [node.id, node.status, node.dueOn ?? "-", due, node.customer?.name, ...nets].join(" ");
}

const { invoices, invoiceGroups } = await ask(DashboardDocument, { filter, first: 10 });
const groups = invoiceGroups?.nodes.map(({ key, count, sum, avg }) => ({
  ...key,
  count,
  due: sum.dueMinor,
  mean: avg.totalMinor,
}));
console.log(
  JSON.stringify({
    total: invoices?.totalCount,
    lines: invoices?.nodes.map(line),
    groups,
    more: invoices?.pageInfo.hasNextPage,
  }),
);
