// What judges of the sanitiser share: hostile markup by others, and what
// html_sanitise() leaves of it. GUIDON_CLEAN is the program of clean.c.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

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

/** What is left of each; null: refused. No NUL and no half of a pair may be in JSON for us; unit tests have those. */
export function clean(markup) {
	const input = markup.map((text) => JSON.stringify([Buffer.from(text.replaceAll('\0', '\ufffd')).toString()]));
	const output = execFileSync(process.env.GUIDON_CLEAN, {
		input: `${input.join('\n')}\n`, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'inherit'],
	});
	const left = linesOf(output).map((line) => JSON.parse(line)[0]);
	if (left.length !== markup.length) throw new Error(`${left.length} answers to ${markup.length} texts`);
	return left;
}
