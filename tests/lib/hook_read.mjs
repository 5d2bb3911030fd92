// A receiver of hooks that takes all, and the library of Standard Webhooks to
// say which of them are right.
import assert from 'node:assert/strict';
import http from 'node:http';
import { Webhook } from 'standardwebhooks';

/** Listens on loopback; take({ path, headers, body }) sees each POST before it is answered. */
export function listen(take) {
	const server = http.createServer((request, response) => {
		const pieces = [];
		request.on('data', (piece) => pieces.push(piece));
		request.on('end', () => {
			take({ path: request.url, headers: request.headers, body: Buffer.concat(pieces).toString() });
			response.writeHead(request.method === 'POST' ? 204 : 405).end();
		});
	});
	return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** What it says, which must be signed with this secret, and with nothing else. */
export function verify({ headers, body }, secret) {
	const webhook = new Webhook(secret);
	const other = new Webhook(Buffer.alloc(32, 7).toString('base64'));
	const changed = { ...headers, 'webhook-id': `${headers['webhook-id']}0` };
	const data = webhook.verify(body, headers);
	assert.throws(() => webhook.verify(`${body} `, headers), 'another body');
	assert.throws(() => webhook.verify(body, changed), 'another id');
	assert.throws(() => other.verify(body, headers), 'another secret');
	assert.equal(headers['content-type'], 'application/json');
	return data;
}
