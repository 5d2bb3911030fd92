// hook_keeper.mjs LEDGER: a receiver of hooks. It prints its port; each request
// is a line of LEDGER, on disk before it is answered.
import fs from 'node:fs';
import { listen } from './hook_read.mjs';

const ledger = fs.openSync(process.argv[2], 'a');
const server = await listen((request) => fs.writeSync(ledger, `${JSON.stringify(request)}\n`));
console.log(server.address().port);
