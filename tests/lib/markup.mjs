// What judges of the sanitiser and of the templates share: hostile text by
// others, and what becomes of it. GUIDON_CLEAN is the program of clean.c,
// GUIDON_ESCAPE that of escape.c.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'parse5';

const SKIPPED = 77;

/** Where the markup by others is. Without it there is nothing to judge. */
export function corpora(who) {
	if (process.env.GUIDON_CORPORA) return process.env.GUIDON_CORPORA;
	console.log(`${who}: SKIPPED, GUIDON_CORPORA is not set`);
	process.exit(SKIPPED);
}

const read = (folder, name) => fs.readFileSync(path.join(folder, name), 'utf8');
const linesOf = (text) => text.split('\n').filter((line) => line.length > 0);

/** Every line of xss/ and payloads/, every payload of html-sanitize/, every string of blns/, every file of svg-hostile/. */
export function payloads(folder) {
	const lines = ['xss', 'payloads'].flatMap((name) =>
		fs.readdirSync(path.join(folder, name)).filter((file) => file.endsWith('.txt'))
			.flatMap((file) => linesOf(read(folder, `${name}/${file}`))));
	const documents = fs.readdirSync(path.join(folder, 'svg-hostile'))
		.filter((file) => file.endsWith('.svg')).map((file) => read(folder, `svg-hostile/${file}`));
	return [
		...JSON.parse(read(folder, 'html-sanitize/dompurify-expect.json')).map((test) => test.payload),
		...lines, ...JSON.parse(read(folder, 'blns/blns.json')), ...documents,
	];
}

/** The nodes of a tree in order, with what is in templates. */
export function* nodes(node) {
	yield node;
	for (const child of node.childNodes ?? []) yield* nodes(child);
	if (node.content) yield* nodes(node.content);
}

const CONDITIONS = /(<!--(?!\[if[\s(!])(?:-?>|.*?--!?>))|<!--\[if[\s(!][^>]*\]>(?:\s*<!--(?:-?>|.*?-->))?|<!\[endif\]\s*-->/gis;
/** What Outlook reads, whatever its version; a comment keeps the place, and other comments stay. */
const forOutlook = (html) => html.replaceAll(CONDITIONS, (all, comment) => comment ?? '<!---->');

/** The ways in which others read the same markup. */
export const readings = [
	['scripts run', (html) => parse(html)],
	['no scripts run', (html) => parse(html, { scriptingEnabled: false })],
	['Outlook', (html) => parse(forOutlook(html), { scriptingEnabled: false })],
];

/** As it can be told to us: no NUL and no half of a pair may be in JSON; unit tests have those. */
export const sayable = (text) => Buffer.from(text.replaceAll('\0', '\ufffd')).toString();

/** What a program answers to arrays, a line each. */
function ask(program, arrays) {
	const output = execFileSync(program, {
		input: `${arrays.map((array) => JSON.stringify(array.map(sayable))).join('\n')}\n`,
		encoding: 'utf8', maxBuffer: 1 << 29, stdio: ['pipe', 'pipe', 'inherit'],
	});
	const answers = linesOf(output).map((line) => JSON.parse(line)[0]);
	if (answers.length !== arrays.length) throw new Error(`${answers.length} answers to ${arrays.length} questions`);
	return answers;
}

/** What is left of each; null: refused. */
export const clean = (markup) => ask(process.env.GUIDON_CLEAN, markup.map((text) => [text]));

/** What each [context, template, value of x] makes; null: it does not compile. */
export const render = (cases) => ask(process.env.GUIDON_ESCAPE, cases);
