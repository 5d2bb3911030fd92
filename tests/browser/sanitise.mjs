// What html_sanitise() leaves of hostile markup, and what templates make of it as
// a value in each place, in a browser that nothing holds back: no policy of content, scripts on. Nothing of it may run, neither parsed
// as a page nor put into one, and DOMPurify, written by others for the same
// purpose, must find nothing to take away. The same payloads as they came do run.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Browser } from './browser.mjs';
import { done } from './story.mjs';
import { clean, corpora, payloads, render } from '../lib/markup.mjs';

const SKIPPED = 77;
const SAMPLE = 12; // every so many-th of the payloads
const RAW = 200; // payloads that are shown as they came:
const RUNS = /^<(img|svg|video|body|input|details|a|x|div)[ /][^<]*\bon[a-z]+=["']?(alert|prompt|confirm)\(/; // and stay where they are
const PURIFY = fileURLToPath(new URL('../node_modules/dompurify/dist/purify.min.js', import.meta.url));

/** Tells of every script that runs; in a page before all else. */
const CANARY = `<script>
	window.hits = [];
	for (const name of ["alert", "confirm", "prompt", "print", "eval"])
		window[name] = (x) => { window.hits.push(name + " " + x); };
</script>`;

/** Whatever listens is called. */
const TOUCH = `for (const e of document.querySelectorAll("#here, #here *"))
	for (const name of ["onclick", "onload", "onerror", ...e.getAttributeNames()])
		if (name.startsWith("on")) e.dispatchEvent(new Event(name.slice(2)))`;

/** A value wherever a template may have one. */
const TEMPLATE = `<p title="{{ x }}" style="color: {{ x }}; font-family: '{{ x }}'; background: url({{ x }})">{{ x }}
	<a href="{{ x }}">{{ x }}</a><a href='/{{ x }}?q={{ x }}#{{ x }}'>x</a><a href="mailto:{{ x }}">x</a><img alt='{{ x }}' src="{{ x }}" srcset="{{ x }} 2x">
	<textarea>{{ x }}</textarea><svg><title>{{ x }}</title><a xlink:href="{{ x }}"><text>{{ x }}</text></a></svg><!-- {{ x }} -->
	<form action="{{ x }}"><button formaction="{{ x }}" data-x="{{ x }}">{{ x }}</button></form>{% capture y %}<b>{{ x }}</b>{% endcapture %}{{ y }}<i title="{{ y }}"></i>
	<style>b { color: {{ x }} } i::before { content: "{{ x }}" } u { background: url('{{ x }}') }</style>
	<script>var a = {{ x }}, b = '{{ x }}', c = "{{ x }}", d = [{{ x }}];</script><script type="application/json">{"a": "{{ x }}"}</script>`;
const AT_ONCE = 40;
const SCHEMES = ['http:', 'https:', 'mailto:', 'tel:', 'cid:'];

const inPage = (markup) => `<!doctype html><meta charset=utf-8>${CANARY}<body><div id=here>${markup}</div>`;

async function hitsOf(browser, html) {
	await browser.show(html);
	await browser.ask(TOUCH);
	return browser.ask('window.hits');
}

async function parsedAsAPage(browser, left) {
	assert.deepEqual(await hitsOf(browser, inPage(left.map((text) => `<div>${text}</div>`).join('\n'))), []);
	assert.equal(await browser.ask('document.querySelectorAll("#here > div").length'), left.length, 'none breaks out of its place');
	done(`nothing of ${left.length} texts runs when it is parsed`);
}

/** innerHTML of each, and what DOMPurify makes of it. */
async function putIntoAPage(browser, left) {
	await browser.show(inPage(''));
	await browser.ask(fs.readFileSync(PURIFY, 'utf8'));
	assert.equal(await browser.ask('DOMPurify.isSupported && typeof DOMPurify.sanitize'), 'function');
	const taken = await browser.ask(`(() => {
		const here = document.getElementById("here");
		return ${JSON.stringify(left)}.flatMap((text) => {
			const [ours, pure] = [text, DOMPurify.sanitize(text)].map((markup) => {
				const div = here.appendChild(document.createElement("div"));
				div.innerHTML = markup;
				return div.innerHTML;
			});
			return DOMPurify.removed.length === 0 && pure === ours ? [] : [{ text, ours, pure }];
		});
	})()`);
	await browser.ask(TOUCH);
	assert.deepEqual(await browser.ask('window.hits'), []);
	assert.deepEqual(taken, [], 'DOMPurify takes nothing away');
	done(`nothing of them runs when it is put into a page, and DOMPurify ${await browser.ask('DOMPurify.version')} keeps all`);
}

/** As values of templates. */
async function asValues(browser, hostile) {
	const made = render(hostile.map((x) => ['html', TEMPLATE, x]));
	for (let i = 0; i < made.length; i += AT_ONCE) {
		const part = made.slice(i, i + AT_ONCE);
		assert.ok(!part.includes(null));
		await browser.show(inPage(part.map((text) => `<div>${text}</div>`).join('\n'))); // links are looked at, not followed
		assert.deepEqual(await browser.ask('window.hits'), []);
		assert.deepEqual(await browser.ask(`[...document.querySelectorAll("#here *")].flatMap((e) => e.getAttributeNames()).filter((n) => n.startsWith("on"))`), []);
		assert.equal(await browser.ask('document.querySelectorAll("#here > div").length'), part.length, 'none breaks out of its place');
		assert.deepEqual(await browser.ask(`[...document.querySelectorAll("#here [href], #here [action], #here [formaction], #here [src]")]
			.flatMap((e) => ["href", "action", "formaction", "src"].map((name) => e.getAttribute(name))).filter((url) => url && URL.canParse(url, location))
			.filter((url) => !${JSON.stringify(SCHEMES)}.includes(new URL(url, location).protocol))`), []);
	}
	done(`nothing of ${made.length} values runs in a page made of them, and no link has another scheme`);
}

/** Were the canary deaf, all of the above would be worth nothing. Each is put into the page, and what it calls is counted. */
async function asTheyCame(browser, hostile) {
	await browser.show(inPage(''));
	await browser.ask(`${JSON.stringify(hostile)}.forEach((text) => {
		document.getElementById("here").appendChild(document.createElement("div")).innerHTML = text;
	})`);
	await browser.ask(TOUCH);
	const { length } = await browser.ask('window.hits');
	assert.ok(length >= hostile.length / 2, `${length} calls by ${hostile.length} payloads as they came`);
	done(`${hostile.length} payloads as they came make ${length} calls`);
}

const everyNth = (list, n) => list.filter((_, i) => i % n === 0);

if (!process.env.PATH.split(':').some((p) => fs.existsSync(path.join(p, 'chromium')))) {
	console.log('sanitise: SKIPPED, no chromium here');
	process.exit(SKIPPED);
}
const hostile = payloads(corpora('browser/sanitise'));
const sample = [...hostile.slice(0, 144), ...everyNth(hostile.slice(144), SAMPLE)];
const left = clean(sample).filter((text) => text !== null);
assert.ok(left.length > 300);
const browser = await Browser.open();
try {
	await asValues(browser, sample.filter((x) => x.length < 4096));
	await parsedAsAPage(browser, left);
	await putIntoAPage(browser, left);
	await asTheyCame(browser, hostile.filter((p) => RUNS.test(p)).slice(0, RAW));
} catch (error) {
	console.log(error);
	process.exitCode = 1;
}
await browser.close();
process.exit();
