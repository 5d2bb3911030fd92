// liquid_peer ENGINE render|both TEMPLATE DATA SECONDS [PARTIALS]: as bench_liquid, for an engine in JavaScript.
import fs from 'node:fs';
import Handlebars from 'handlebars';
import { Liquid } from 'liquidjs';
import nunjucks from 'nunjucks';

const [, , engine, mode, file, dataFile, seconds, partials] = process.argv;
const source = fs.readFileSync(file, 'utf8');
const data = JSON.parse(fs.readFileSync(dataFile, 'utf8'));

const engines = {
	liquidjs: () => {
		const liquid = new Liquid(partials ? { root: partials, extname: '' } : {});
		const parse = () => liquid.parse(source);
		return { parse, render: (template) => liquid.renderSync(template, data) };
	},
	nunjucks: () => {
		const environment = new nunjucks.Environment(null, { autoescape: false });
		return { parse: () => nunjucks.compile(source, environment), render: (template) => template.render(data) };
	},
	handlebars: () => ({ parse: () => Handlebars.compile(source), render: (template) => template(data) }),
};
const { parse, render } = engines[engine]();
let template = parse();
let bytes;
// V8 joins strings when somebody looks at them: bytes are what a mail is made of.
const once = () => {
	if (mode === 'both') template = parse();
	bytes = Buffer.from(render(template)).length;
};
const warm = process.cpuUsage();
do once(); while (process.cpuUsage(warm).user < 5e5);
const begin = process.cpuUsage();
let done = 0;
let spent;
do {
	for (let i = 0; i < 20; i++) once();
	done += 20;
	const used = process.cpuUsage(begin);
	spent = (used.user + used.system) / 1e6;
} while (spent < Number(seconds));
console.log(`${Math.round(done / spent)} ${bytes}`);
