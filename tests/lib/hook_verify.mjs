// hook_verify.mjs SENDER: SENDER --send URL SECRET posts a hook and a post to
// us; the client library of Standard Webhooks must accept both, and must not
// accept them when a byte differs.
import { execFile } from 'node:child_process';
import http from 'node:http';
import { Webhook } from 'standardwebhooks';

const secret = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD2cfUGrOFh2M=';
const webhook = new Webhook(secret);
const seen = [];

function refuses(body, headers) {
	try {
		webhook.verify(body, headers);
		return false;
	} catch {
		return true;
	}
}

const server = http.createServer((request, response) => {
	const pieces = [];
	request.on('data', (piece) => pieces.push(piece));
	request.on('end', () => {
		const body = Buffer.concat(pieces).toString();
		const { headers } = request;
		const changed = { ...headers, 'webhook-id': headers['webhook-id'] + '0' };
		try {
			const data = webhook.verify(body, headers);
			if (data.id !== headers['webhook-id']) throw new Error('another id');
			if (!refuses(body + ' ', headers) || !refuses(body, changed))
				throw new Error('a changed one passes');
			seen.push(data.id);
			response.writeHead(204).end();
		} catch (error) {
			console.log('not verified:', error.message);
			response.writeHead(400).end();
		}
	});
});

server.listen(0, '127.0.0.1', () => {
	const url = `http://127.0.0.1:${server.address().port}/hooks`;
	execFile(process.argv[2], ['--send', url, secret], (error, out, problems) => {
		console.log(`${out}${problems}${new Set(seen).size} verified`);
		process.exit(!error && new Set(seen).size === 2 ? 0 : 1);
	});
});
