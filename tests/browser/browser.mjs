// A browser of others, headless, driven over the DevTools protocol as a person
// would: the mouse goes to where a thing is, the keyboard types. The protocol
// goes through two pipes, so the browser ends when we do, however that is.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';

const FLAGS = [
	'--headless=new', '--no-sandbox', '--disable-gpu', '--disable-background-networking',
	'--disable-component-update', '--disable-sync', '--no-first-run', '--remote-debugging-pipe',
	// Only this machine is there, whatever a page asks for.
	'--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
	// Headless says so; a person's does not.
	'--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
];
const PATIENCE_MS = 20000;

/** Waits until look() gives something true, and gives that. */
export async function until(look, what) {
	const end = Date.now() + PATIENCE_MS;
	for (;;) {
		const found = await look();
		if (found) return found;
		assert.ok(Date.now() < end, `waited in vain for ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

export class Browser {
	#process;
	#folder;
	#pipe;
	#session;
	#count = 0;
	#waiting = new Map();
	#webmail;
	/** What left for the network for a page's sake: URLs. The icon of its tab is asked for by the browser, at any time. */
	requests = [];
	/** What the console or a page's own rules complained of; statuses are no complaint. */
	complaints = [];

	static async open() {
		const browser = new Browser();
		await browser.#start();
		return browser;
	}

	async #start() {
		this.#folder = fs.mkdtempSync(path.join(os.tmpdir(), 'guidon-browser-'));
		this.#process = spawn('chromium', [...FLAGS, `--user-data-dir=${this.#folder}`, 'about:blank'],
			{ stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
		const [, , , pipe, answers] = this.#process.stdio;
		this.#pipe = pipe.on('error', () => {}); // told by the exit
		this.#process.on('error', (error) => this.#lose(error));
		this.#process.on('exit', (code) => this.#lose(new Error(`the browser ended: ${code}`)));
		this.#listen(answers);
		await until(async () => (await this.#pages()).length > 0, 'the browser');
		const [{ targetId }] = await this.#pages();
		({ sessionId: this.#session } = await this.#send('Target.attachToTarget', { targetId, flatten: true }));
		for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await this.#send(`${domain}.enable`);
	}

	async #pages() {
		const { targetInfos } = await this.#send('Target.getTargets');
		return targetInfos.filter((t) => t.type === 'page');
	}

	/** What was asked will not be answered. */
	#lose(error) {
		for (const { reject } of this.#waiting.values()) reject(error);
		this.#waiting.clear();
	}

	/** A message ends with a NUL. */
	#listen(answers) {
		let rest = '';
		answers.setEncoding('utf8').on('data', (data) => {
			const messages = (rest + data).split('\0');
			rest = messages.pop();
			for (const message of messages) this.#hear(JSON.parse(message));
		});
	}

	#hear({ id, result, error, method, params }) {
		if (id) {
			const { resolve, reject } = this.#waiting.get(id);
			this.#waiting.delete(id);
			if (error) reject(new Error(error.message));
			else resolve(result);
		}
		if (method === 'Network.requestWillBeSent' && !params.request.url.endsWith('/favicon.ico'))
			this.requests.push(params.request.url);
		if (method === 'Log.entryAdded' && params.entry.level === 'error' && params.entry.source !== 'network')
			this.complaints.push(`${params.entry.text} ${params.entry.url ?? ''}`);
		if (method === 'Runtime.exceptionThrown') this.complaints.push(params.exceptionDetails.text);
	}

	#send(method, params = {}) {
		const id = ++this.#count;
		const message = { id, method, params, sessionId: this.#session };
		this.#pipe.write(`${JSON.stringify(message)}\0`);
		return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
	}

	/** The value of an expression on the page. A page that goes away meanwhile has none. */
	async ask(expression) {
		try {
			const { result } = await this.#send('Runtime.evaluate', { expression, returnByValue: true });
			return result.value;
		} catch {
			return undefined;
		}
	}

	until(expression) {
		return until(() => this.ask(expression), expression);
	}

	/** All that a person could read there. */
	text() {
		return this.ask('document.body.innerText');
	}

	async go(url) {
		await this.ask('window.before = true');
		await this.#send('Page.navigate', { url });
		await this.until('!window.before && document.readyState === "complete"');
	}

	/** Shows the HTML of a mail, as a mailbox on the web does: from elsewhere. */
	async show(html) {
		this.#webmail?.close();
		this.#webmail = http.createServer((request, response) => {
			response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', connection: 'close' });
			response.end(request.url === '/' ? html : '');
		});
		await new Promise((resolve) => this.#webmail.listen(0, '127.0.0.1', resolve));
		await this.go(`http://127.0.0.1:${this.#webmail.address().port}/`);
	}

	/** Of the images there, how many were not shown. */
	brokenImages() {
		return this.ask('[...document.images].filter((i) => !i.complete || !i.naturalWidth).length');
	}

	async width(width) {
		await this.#send('Emulation.setDeviceMetricsOverride',
			{ width, height: 900, deviceScaleFactor: 1, mobile: width < 600 });
	}

	/** The mouse presses the first thing that is seen of these. */
	async click(selector) {
		const at = await this.until(`(() => {
			const e = [...document.querySelectorAll(${JSON.stringify(selector)})].find((e) => e.getClientRects().length);
			if (!e || document.readyState !== "complete") return null;
			e.scrollIntoView({ block: "center", behavior: "instant" });
			const r = e.getClientRects()[0];
			const at = { x: r.x + r.width / 2, y: r.y + r.height / 2 };
			const there = document.elementFromPoint(at.x, at.y);
			return there && (e.contains(there) || there.contains(e)) ? at : null;
		})()`);
		for (const type of ['mouseMoved', 'mousePressed', 'mouseReleased'])
			await this.#send('Input.dispatchMouseEvent', { type, ...at, button: 'left', clickCount: 1 });
	}

	/** A click that leads elsewhere; returns when the next page is there. */
	async follow(selector) {
		await this.ask('window.before = true');
		await this.click(selector);
		await this.until('!window.before && document.readyState === "complete"');
	}

	/** Types into a field in place of what it holds. */
	async type(selector, text) {
		await this.click(selector);
		await this.ask('document.activeElement.select()');
		await this.#send('Input.insertText', { text });
	}

	async close() {
		const gone = new Promise((resolve) => this.#process.on('exit', resolve));
		this.#send('Browser.close').catch(() => {});
		const late = setTimeout(() => this.#process.kill('SIGKILL'), 5000);
		await gone;
		clearTimeout(late);
		this.#webmail?.close();
		fs.rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10 });
	}
}
