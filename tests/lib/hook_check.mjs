// hook_check.mjs LEDGER PATH=SECRET...: prints what hook_keeper.mjs noted, a JSON
// document a line with the path in it. Each must be signed with the secret of its
// path, and no id may come twice.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { verify } from './hook_read.mjs';

const [ledger, ...given] = process.argv.slice(2);
const secrets = new Map(given.map((g) => [g.slice(0, g.indexOf('=')), g.slice(g.indexOf('=') + 1)]));
const ids = new Set();
for (const line of fs.readFileSync(ledger, 'utf8').trim().split('\n')) {
	const request = JSON.parse(line);
	const id = request.headers['webhook-id'];
	assert.ok(secrets.has(request.path), `nothing is at ${request.path}`);
	assert.ok(!ids.has(id), `${id} twice`);
	ids.add(id);
	console.log(JSON.stringify({ path: request.path, ...verify(request, secrets.get(request.path)) }));
}
