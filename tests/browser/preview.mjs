// Somebody writes a template with `guidon up` beside the editor.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { done, tell } from './story.mjs';

const FILE = 'templates/mail/announce.html';
const STEPS = { invite: 2, nudge: 2, 'last-call': 2, teaser: 0, 'how-to': 0, offer: 2, brochure: 1, // paper
	'@unsubscribe': 2, '@thanks': 2, '@lead-notify': 2 }; // frames

const errors = '[...document.querySelectorAll(".findings .error")].map((e) => e.innerText)';
const frames = (test) => `[...document.querySelectorAll("iframe")].every((f) =>
	f.contentDocument?.readyState === "complete" && ${test})`;

async function everyStep({ browser }) {
	for (const [step, count] of Object.entries(STEPS)) {
		await browser.follow(`nav a[href*="/${step}/"]`);
		assert.deepEqual(await browser.ask(errors), []);
		assert.equal(await browser.ask('document.querySelectorAll("iframe").length'), count, step);
		await browser.until(frames('f.contentDocument.body.innerText.length > 300'));
		assert.match(await browser.text(), /Acme Systemhaus GmbH/);
	}
	done('every step is shown, as wide as a desk and a phone');
}

async function everyPartner({ browser }) {
	const links = await browser.ask('[...document.querySelectorAll("nav h2:last-of-type ~ a")].map((a) => a.getAttribute("href"))');
	assert.equal(links.length, 8);
	for (const link of links) {
		await browser.follow(`nav a[href="${link}"]`);
		assert.deepEqual(await browser.ask(errors), []);
		await browser.until(frames('f.contentDocument.body.innerText.length > 300'));
	}
	done('for every partner');
}

/** From here on nobody touches the browser: it must look again by itself. */
async function breakAndMend(stage) {
	const { browser } = stage;
	const file = stage.file(FILE);
	const whole = fs.readFileSync(file, 'utf8');
	await browser.go(`${stage.site}/preview/spring-launch/invite/brightline`);

	fs.writeFileSync(file, whole.replace('</body>', '{% if brand.name %}</body>'));
	await browser.until(`${errors}.length > 0`);
	const [error] = await browser.ask(errors);
	assert.match(error, /templates\/mail\/announce\.html:\d+/);
	done(`what is wrong is on the page: ${error}`);

	fs.writeFileSync(file, whole.replace('</body>', '<p>Mended at last.</p></body>'));
	await browser.until(`${errors}.length === 0 && document.querySelectorAll("iframe").length === 2`);
	await browser.until(frames('f.contentDocument.body.innerText.includes("Mended at last.")'));
	done('and gone when it is mended');
}

await tell({ now: new Date().toISOString() }, async (stage) => {
	await stage.up();
	await stage.browser.go(`${stage.site}/`);
	await stage.browser.follow('a[href="/preview/spring-launch/"]');
	await everyStep(stage);
	await everyPartner(stage);
	assert.deepEqual(stage.browser.requests.filter((r) => !r.startsWith(stage.site)), []);
	await breakAndMend(stage);
});
