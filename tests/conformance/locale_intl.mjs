// locale_intl SAY: what base/locale.h writes is what Node's Intl writes, which
// has the same CLDR, of another year, behind code that others wrote. SAY is
// locale_say; each case is a line for it and a call of Intl.
//
// Two editions of the CLDR differ in a few habits. Each of those is said below
// as what turns ours into Node's, with its reason; anything else that differs
// fails.
import { spawnSync } from 'node:child_process';

const locales = ['en', 'en-GB', 'en-IE', 'en-IN', 'en-CA', 'en-AU', 'de', 'de-AT', 'de-CH', 'fr', 'fr-BE', 'fr-CA', 'fr-CH',
	'es', 'es-MX', 'it', 'it-CH', 'pt-BR', 'pt-PT', 'nl', 'nl-BE', 'sv', 'nb', 'da', 'fi', 'is', 'et', 'lv', 'lt', 'pl', 'cs',
	'sk', 'hu', 'ro', 'bg', 'el', 'hr', 'sl', 'sr', 'tr', 'ru', 'uk', 'kk', 'ar', 'ar-EG', 'he', 'hi', 'bn', 'ja', 'ko',
	'zh-CN', 'zh-TW', 'th', 'id', 'vi', 'cy', 'ga'];
const instants = ['2026-08-02T09:05:00Z', '2024-02-29T23:59:59Z', '1999-12-31T12:30:15Z', '2026-01-31T00:00:00Z'];
const numbers = ['0', '1', '-1', '12', '999.5', '1234.5', '10000', '1234567.891', '-1234567.125', '0.0625'];
const counts = ['0', '1', '2', '3', '4', '5', '6', '7', '11', '20', '21', '22', '100', '101', '1000000', '1.5', '0.1'];
const currencies = ['EUR', 'USD', 'GBP', 'CHF', 'JPY', 'INR', 'KWD', 'PLN'];
const widths = ['short', 'medium', 'long', 'full'];
const skeletons = {
	yMMMMd: { year: 'numeric', month: 'long', day: 'numeric' },
	yMMMd: { year: 'numeric', month: 'short', day: 'numeric' },
	yMMMM: { year: 'numeric', month: 'long' },
	MMMMd: { month: 'long', day: 'numeric' },
	EEEEMMMMd: { weekday: 'long', month: 'long', day: 'numeric' },
	EEEE: { weekday: 'long' },
	LLLL: { month: 'long' },
	y: { year: 'numeric' },
};
// Where another year's zone data, ICU's own, has it wrong.
const zones = ['Asia/Almaty', 'Africa/Cairo', 'America/Asuncion', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata'];

// Arabic without a country has digits of Europe by now; ours are the older ones.
const theirTag = tag => (tag === 'ar' ? 'ar-u-nu-arab' : tag);

const cases = [];
const add = (fields, say) => cases.push({ line: fields.join('\t'), kind: fields[0], tag: fields[1], say });

for (const tag of locales) {
	for (const at of instants) {
		const date = options => () => new Intl.DateTimeFormat(theirTag(tag), { timeZone: 'UTC', ...options }).format(new Date(at));
		for (const width of widths) add(['date', tag, at, 'UTC', width, 'none'], date({ dateStyle: width }));
		for (const width of ['short', 'medium']) add(['date', tag, at, 'UTC', 'none', width], date({ timeStyle: width }));
		for (const width of widths)
			add(['date', tag, at, 'UTC', width, 'short'], date({ dateStyle: width, timeStyle: 'short' }));
		for (const [fields, options] of Object.entries(skeletons)) add(['fields', tag, at, 'UTC', fields], date(options));
	}
	for (const n of numbers) {
		const number = options => () => new Intl.NumberFormat(theirTag(tag), options).format(n);
		// No sign before what is rounded to zero; Node 18 has no word for that.
		const unsigned = options => () => {
			const by = new Intl.NumberFormat(theirTag(tag), options);
			const plain = by.format(Math.abs(n));
			return plain === by.format(0) ? plain : by.format(n);
		};
		const exact = d => ({ minimumFractionDigits: d, maximumFractionDigits: d });
		add(['number', tag, n, '-1'], unsigned());
		for (const d of [0, 2]) add(['number', tag, n, String(d)], unsigned(exact(d)));
		add(['percent', tag, n, '-1'], number({ style: 'percent' }));
		add(['percent', tag, n, '1'], number({ style: 'percent', ...exact(1) }));
		for (const currency of currencies) add(['money', tag, n, currency], number({ style: 'currency', currency }));
	}
	for (const n of counts) {
		add(['plural', tag, n, '-1'], () => new Intl.PluralRules(tag).select(Number(n)));
		add(['plural', tag, n, '2'],
			() => new Intl.PluralRules(tag, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).select(Number(n)));
	}
	for (const [ours, type] of Object.entries({ and: 'conjunction', or: 'disjunction', unit: 'unit' }))
		for (let count = 1; count <= 4; count++) {
			const items = ['Anna', 'Irene', 'Olga', 'Hanna'].slice(0, count);
			add(['list', tag, ours, ...items], () => new Intl.ListFormat(tag, { type, style: 'long' }).format(items));
		}
}

// Node brings zone data of its own; older ones know no better than ICU 72.
if (process.versions.tz >= '2024b')
	for (const zone of zones)
		for (const at of ['2026-08-02T09:05:00Z', '2026-01-31T23:30:00Z', '2020-06-01T00:00:00Z'])
			add(['date', 'en', at, zone, 'long', 'short'],
				() => new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short', timeZone: zone }).format(new Date(at)));
else console.log(`zones are not compared: Node's are of ${process.versions.tz}`);

// An offset is shown as such; Node gives names to zones that have any.
for (const tag of ['en', 'de', 'fr', 'ja', 'ru'])
	for (const width of ['long', 'full'])
		add(['date', tag, instants[0], 'Etc/GMT-2', 'none', width],
			() => new Intl.DateTimeFormat(theirTag(tag), { timeStyle: width, timeZone: 'Etc/GMT-2' }).format(new Date(instants[0])));

// Of CLDR 42 (ICU 72), what a later one has otherwise: [tags, ours, theirs].
const known = [
	// Thousands are parted from five digits on.
	[['it', 'hu', 'sl'], /(?<!\d)(\d)[. ](\d{3})(?!\d|[. ]\d{3})/, '$1$2'],
	[['it-CH'], /(?<!\d)(\d)’(\d{3})(?!’)/, '$1$2'],
	// The sign that parts them is that of a typewriter.
	[['de-CH', 'it-CH'], /’/g, "'"],
	// Date and time are parted by a comma, or by a word.
	[['nl', 'nl-BE', 'da'], /(\d{4}) (\d\d[:.]\d\d)$/, '$1, $2'],
	[['fi'], /(\d{4}) (\d+\.\d\d)$/, '$1 klo $2'],
	[['es', 'es-MX'], /^(\d+ de \w+ de \d{4}), (?=\d)/, '$1 a las '],
	[['sr'], /^(\d+)\.(\d+)\.(\d\d)\./, (_, d, m, y) => `${d}. ${m}. ${y === '99' ? '19' : '20'}${y}.`],
	// No comma between weekday and day, or month and year.
	[['en-GB', 'en-AU', 'en-IE'], /^(\w+), (\d+ \w+)$/, '$1 $2'],
	[['en-IN'], /^(\w+, \d+ \w+), (\d{4})/, '$1 $2'],
	[['zh-TW'], /日 星期/, '日星期'],
	// Another short date.
	[['en-IN'], /^0?(\d+)-(\w+)-(\d{4})/, '$1 $2 $3'],
	[['en-CA'], /^(\d+)\/(\d+)\/(\d\d)(?!\d)/,
		(_, m, d, y) => `${y === '99' ? '19' : '20'}${y}-${m.padStart(2, '0')}-${d.padStart(2, '0')}`],
	[['sl'], /^(\d+)\. 0?(\d+)\. (\d\d)(?!\d)/, (_, d, m, y) => `${d}. ${m}. ${y === '99' ? '19' : '20'}${y}`],
	[['vi', 'ga'], /0?(\d+)\/0?(\d+)\/\d\d(\d\d)/, '$1/$2/$3'],
	[['fi'], /^(\d+)\. (\p{L}+)\. (\d{4})$/u, (_, d, m, y) => `${d}.${{ elok: 8, helmik: 2, jouluk: 12, tammik: 1 }[m]}.${y}`],
	// The hour of a Mexican has twelve, and a Korean morning another name.
	[['es-MX'], /(?<![\d/])(\d\d):(\d\d)(:\d\d)?$/, (_, h, m, s = '') => `${h % 12 || 12}:${m}${s} ${h < 12 ? 'a' : 'p'}.m.`],
	[['ko'], /오전/, 'AM'],
	[['ko'], /오후/, 'PM'],
	// The currency stands behind the amount.
	[['nb'], /^(\S+) ([−\d ,]+)$/, '$2 $1'],
	// Two months are spelt otherwise.
	[['bn'], /(ফেব্রুয়ার|জানুয়ার)ী/, '$1ি'],
	// No word for hour.
	[['bg'], / ч\./, ''],
];
// A blank that does not break became a plain one, or the other way round.
const plain = text => text.replace(/[\u00a0\u2009\u202f]/g, ' ');
const asLater = (tag, text) => known.reduce((t, [tags, from, to]) => (tags.includes(tag) ? t.replace(from, to) : t), text);

const said = spawnSync(process.argv[2], { input: cases.map(c => c.line + '\n').join(''), maxBuffer: 1 << 26 });
if (said.status !== 0) throw new Error(`locale_say: ${said.stderr}`);
const lines = said.stdout.toString().split('\n');
let same = 0, alike = 0, differ = 0;
cases.forEach((c, i) => {
	const theirs = c.say();
	if (lines[i] === theirs) return same++;
	const ours = plain(lines[i]);
	if ([ours, asLater(c.tag, ours)].includes(plain(theirs))) return alike++;
	differ++;
	console.log(`${c.line.replaceAll('\t', ' ')}: ${JSON.stringify(lines[i])}, Node has ${JSON.stringify(theirs)}`);
});
console.log(`${cases.length} cases in ${locales.length} locales, CLDR of Node ${process.versions.cldr}: ` +
	`${same} the same, ${alike} but for what is known, ${differ} differ`);
process.exit(differ ? 1 : 0);
