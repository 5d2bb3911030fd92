// What the browser's stories share: a stock workspace that somebody serves.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Browser, until } from './browser.mjs';
import { readMail } from '../lib/mail_read.mjs';

const SKIPPED = 77;
const lib = fileURLToPath(new URL('../lib', import.meta.url));

function freePort() {
	return new Promise((resolve) => {
		const server = net.createServer();
		server.listen(0, '127.0.0.1', () => {
			const { port } = server.address();
			server.close(() => resolve(port));
		});
	});
}

export class Stage {
	folder = fs.mkdtempSync(path.join(os.tmpdir(), 'guidon-story-'));
	browser = null;
	#up = null;

	async begin({ now }) {
		this.port = await freePort();
		this.site = `http://127.0.0.1:${this.port}`;
		execFileSync(path.join(lib, 'stock-workspace'), [this.folder, this.site, '--now', now]);
		this.browser = await Browser.open();
	}

	guidon(...args) {
		return execFileSync(process.env.GUIDON, args, { cwd: this.folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
	}

	json(...args) {
		return JSON.parse(this.guidon(...args, '--json'));
	}

	file(name) {
		return path.join(this.folder, name);
	}

	/** `guidon up`, until close(); returns when it answers. */
	async up(...args) {
		const log = fs.openSync(this.file('up.log'), 'a');
		this.#up = spawn(process.env.GUIDON, ['up', '--listen', `127.0.0.1:${this.port}`, ...args],
			{ cwd: this.folder, stdio: ['ignore', log, log] });
		await until(async () => {
			assert.equal(this.#up.exitCode, null, 'guidon up is still there');
			return fetch(`${this.site}/healthz`).then((r) => r.ok, () => false);
		}, 'guidon up');
	}

	/** All mails of the spool to this address, as two libraries read them. */
	async mails(address) {
		const spool = this.file('.guidon/spool');
		const found = [];
		for (const name of fs.readdirSync(spool, { recursive: true }).filter((n) => n.endsWith('.eml'))) {
			const bytes = fs.readFileSync(path.join(spool, name));
			if (!bytes.includes(`<${address}>`)) continue;
			const mail = await readMail(bytes);
			if (mail.to[0].address === address) found.push(mail);
		}
		return found.sort((a, b) => a.date - b.date);
	}

	/** Waits for one that fits. */
	async mail(address, fits) {
		return until(async () => (await this.mails(address)).find(fits), `a mail to ${address}`);
	}

	/** Ends `guidon up`, which must have been well until then and end well. */
	async down() {
		const up = this.#up;
		if (!up) return;
		this.#up = null;
		const gone = new Promise((resolve) => up.on('exit', resolve));
		assert.equal(up.exitCode, null, 'guidon up is still there');
		up.kill('SIGTERM');
		assert.equal(await gone, 0, 'guidon up ends well');
	}

	async close() {
		await this.browser?.close();
		await this.down();
		fs.rmSync(this.folder, { recursive: true, force: true });
	}
}

/** Tells a story on a stage of its own and leaves nothing behind. */
export async function tell(options, story) {
	if (!process.env.PATH.split(':').some((p) => fs.existsSync(path.join(p, 'chromium')))) {
		console.log('browser: SKIPPED, no chromium here');
		process.exit(SKIPPED);
	}
	const stage = new Stage();
	try {
		await stage.begin(options);
		await story(stage);
		await stage.down();
	} catch (error) {
		console.log(error);
		if (stage.browser) console.log('The page says:', await stage.browser.text());
		if (fs.existsSync(stage.file('up.log'))) console.log(fs.readFileSync(stage.file('up.log'), 'utf8'));
		process.exitCode = 1;
	}
	await stage.close().catch((error) => {
		console.log(error);
		process.exitCode = 1;
	});
	process.exit();
}

export const done = (what) => console.log(`ok - ${what}`);
