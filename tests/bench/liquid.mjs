// The table of tests/bench/liquid.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const [, , ours, seconds] = process.argv;
const corpora = process.env.GUIDON_CORPORA;
const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const mail = (name) => path.join(corpora, 'bench-mail', name);

/** {rate, bytes}, or null where the engine is not installed or cannot do it. */
function run(command, args) {
	const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
	if (status !== 0) {
		const why = (stderr || `${command} is not there`).split('\n').find((line) => line.trim()) ?? '';
		console.error(`liquid: ${path.basename(args.find((a) => a.includes('peer')) ?? command)}: ${why}`);
		return null;
	}
	const [rate, bytes] = stdout.trim().split(' ').map(Number);
	return { rate, bytes };
}

const guidon = (context) => (mode, file, data, partials) =>
	run(ours, [context, mode, file, data, seconds, ...(partials ? [partials] : [])]);
const script = (engine) => (mode, file, data, partials) =>
	run('node', [path.join(here, 'liquid_peer.mjs'), engine, mode, file, data, seconds, ...(partials ? [partials] : [])]);
const ruby = (mode, file, data, partials) =>
	run('ruby', [path.join(here, 'liquid_peer.rb'), mode, file, data, seconds, ...(partials ? [partials] : [])]);

const ROUNDS = 15;

const MAIL = [
	['guidon, html', guidon('html'), 't-esc.liquid'],
	['guidon, text', guidon('text'), 't-esc.liquid'],
	['handlebars', script('handlebars'), 't-esc.hbs'],
	['nunjucks', script('nunjucks'), 't-esc.njk'],
	['liquidjs', script('liquidjs'), 't-esc.liquid'],
	['ruby-liquid', ruby, 't-esc.liquid'],
];
const number = (n) => String(n).padStart(11);
const row = (name, cells) => console.log(name.padEnd(16) + cells.join(''));

console.log('a mail of 12 KB, 40 values escaped; renders per second of the processor');
row('', ['     render', '       both', '      bytes']);
// In turns, many and short: a machine that is slower for a while is so for all of them.
const rounds = [];
const sizes = {};
for (let i = 0; i < ROUNDS; i++) {
	const rates = {};
	for (const [name, engine, file] of MAIL) {
		const render = engine('render', mail(file), mail('data.json'));
		const both = engine('both', mail(file), mail('data.json'));
		if (!render || !both) continue;
		rates[name] = { render: render.rate, both: both.rate };
		sizes[name] = render.bytes;
	}
	rounds.push(rates);
}
const median = (of) => rounds.map(of).sort((a, b) => a - b)[ROUNDS >> 1];
for (const [name, bytes] of Object.entries(sizes))
	row(name, [number(median((rates) => rates[name].render)), number(median((rates) => rates[name].both)), number(bytes)]);

const fixtures = path.join(corpora, 'golden-liquid', 'benchmark_fixtures');
console.log('\ngolden-liquid; guidon in text, and how many times as fast as liquidjs and ruby-liquid');
row('', ['     render', '   liquidjs', '       ruby', '       both', '   liquidjs', '       ruby']);
for (const name of fs.readdirSync(fixtures).sort()) {
	const folder = path.join(fixtures, name, 'templates');
	const cells = [];
	for (const mode of ['render', 'both']) {
		const [mine, ...peers] = [guidon('text'), script('liquidjs'), ruby].map((engine) =>
			engine(mode, path.join(folder, 'index.liquid'), path.join(fixtures, name, 'data.json'), folder));
		cells.push(number(mine?.rate ?? '-'), ...peers.map((peer) => number(mine && peer ? (mine.rate / peer.rate).toFixed(1) : '-')));
	}
	row(name, cells);
}

const times = (context, what, peer) => median((rates) => rates[`guidon, ${context}`][what] / rates[peer][what]);
console.log('\nguidon in html (values escaped for their place), as many times as fast');
for (const name of Object.keys(sizes))
	if (!name.startsWith('guidon'))
		console.log(`  ${name.padEnd(14)} render ${times('html', 'render', name).toFixed(1)}, both ${times('html', 'both', name).toFixed(1)}`
			+ ` (text: ${times('text', 'both', name).toFixed(1)})`);
console.log(`ratio ${times('html', 'render', 'handlebars').toFixed(2)}`);
