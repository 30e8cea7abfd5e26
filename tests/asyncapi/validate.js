// Reads an AsyncAPI document with the reference parser and prints what it
// finds: one line per complaint, then how much is in it.
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';

const ERROR = 0;
const text = readFileSync(process.argv[2], 'utf8');
const { document, diagnostics } = await new Parser().parse(text);
for (const { severity, message, path } of diagnostics) {
  console.log(`${severity === ERROR ? 'error' : 'note'}: ${path.join('/')}: ${message}`);
}
if (!document) process.exit(1);
console.log(
  `AsyncAPI ${document.version()}: ${document.channels().length} channels, ` +
    `${document.operations().length} operations, ${document.allMessages().length} messages`,
);
