// dkim_check.mjs RECORDS FILE...: what mailauth finds of the signatures of each
// mail: "FILE SELECTOR pass" or "fail", and of DMARC as "FILE dmarc pass". DNS
// is RECORDS, as `guidon partner dns --json` prints them, and nothing else.
import { File } from 'node:buffer';
import fs from 'node:fs';
import path from 'node:path';

globalThis.File ??= File; // which mailauth's undici wants, and Node 18 has there alone
const { authenticate } = await import('mailauth');

const [records, ...files] = process.argv.slice(2);
const dns = new Map(JSON.parse(fs.readFileSync(records)).map((r) => [r.name, r.value]));

/** As a resolver gives it: in strings of at most 255. */
async function resolver(name, type) {
	const value = type === 'TXT' && dns.get(name);
	if (!value) throw Object.assign(new Error(`no ${type} of ${name}`), { code: 'ENOTFOUND' });
	return [value.match(/.{1,255}/g)];
}

for (const file of files) {
	const found = await authenticate(fs.readFileSync(file), {
		ip: '192.0.2.1', helo: 'mail.example', sender: 'nobody@sender.example',
		trustReceived: false, disableArc: true, disableBimi: true, resolver,
	});
	const name = path.basename(file);
	for (const { selector, status } of found.dkim.results)
		console.log(name, selector, status.result === 'pass' ? 'pass' : 'fail');
	console.log(name, 'dmarc', found.dmarc?.status.result === 'pass' ? 'pass' : 'fail');
}
