// Templates put together by chance out of what is read in more than one way:
// svg and math, noscripts, comments of all kinds, quotes and raw text that do
// not end where they seem to. Most are refused. In those that compile a hostile
// value must make no other markup than a harmless one, in each of the readings,
// and must not get into a scheme, a style sheet or a script. parse5 judges.
import { nodes, readings, render } from '../lib/markup.mjs';

const TEMPLATES = 40000;
const LEAST = 3000; // of them compile, or nothing was tried
const SHOWN = 10; // of the failed
const HARMLESS = 'zq';

/** Each kind of doubt, and what may turn it round. */
const KINDS = [
	['<svg>', '<svg a="b">', '</svg>', '<math>', '</math>', '<title>', '</title>', '<svg><title>', '<style>', '</style>', '<script>', '</script>',
		'<textarea>', '</textarea>', '<desc>', '</desc>', '<foreignObject>', '</foreignObject>', '<mi>', '</mi>', '<mtext>', '</mtext>',
		'<annotation-xml encoding="text/html">', '</annotation-xml>', '<![CDATA[', ']]>', '<p>', '</p>', '<div>', '</div>', '<b>', '</br>',
		'<font color="a">', '<g>', '</g>', '<!--', '-->', '<img src="{{ x }}">', '<use href="#{{ x }}"/>'],
	['<noscript>', '<noscript>', '</noscript>', '</noscript>', '<p title="</noscript><a href=', "<b id='</noscript><a href=", '{{ x }}">', "{{ x }}'>", '<p title="', "<b id='", '"', "'", '>', '<', '</no', 'script>', '<!--', '-->',
		'<title>', '</title>', '<style>', '</style>', '<svg>', '</svg>', '<textarea>', '</textarea>', '<iframe src="/a/{{ x }}">', '</iframe>',
		'<a href="{{ x }}">', '<head>', '<table>', '<select>'],
	['<!--[if mso]>', '<!--[if mso]>', '<![endif]-->', '<![endif]-->', '<!--[if !mso]><!-- -->', '<!--[if !mso]><!-->', '<!--<![endif]-->',
		'<p title="--><a href=', "<b id='--><a href=", '<p title="<![endif]--><a href=', '{{ x }}">', "{{ x }}'>", '<![if a]>', '<![endif]>', '<![endif]', '<!--', '<!-- ', '-->', '--!>', '->', '-', '--', '>', '<p title="', '<v:rect alt="', '"',
		'<style>', '</style>', '<title>', '</title>', '<noscript>', '</noscript>', '<svg>', '</svg>', '<a href="{{ x }}">'],
];
const PARTS = [
	'"{{ x }}"', '<a href="{{ x }}">', '</a>', '<img src="{{ x }}">', '<p style="color:{{ x }}">', '{% if x %}', '{% else %}', '{% endif %}',
	'<path d="a"/>', '<br>', '<tr>', '<td>', '</td>', '</table>', '</select>', '<form>', '<template>', '</template>', '<frameset>', '<body>',
	'</body>', '<html>', '<xmp>', '</xmp>', '<noframes>', '</noframes>', '<plaintext>', ' ', '/', '<', '</', 'a', '=', ';', 'var a = ', '"', '>',
	'&quot;', '&lt;',
];
const STYLED = ';}*{zq:url(//e)}';
const CODE = '\'"-zq-"\'';
const HOSTILE = [
	'</noscript><i>', '-->', '--', '-', '/noscript ', '"><i>', '\'><i>', '</title><i>', '</style><i>', '</script><i>', 'javascript:zq',
	'&quot;', ' onzq=1 ', ']]><i>', '<i>', '--!><i>', '<!--', STYLED, CODE, '</svg><i>', '>', '!>', 'script', '<svg>',
];

/** Numbers that are the same each time. */
let state = 1;
function below(n) {
	state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
	return (state >> 8) % n;
}
const oneOf = (list) => list[below(list.length)];
/** Of few parts many times: what opens is closed more often so. */
function some() {
	const kind = oneOf(KINDS);
	const few = ['{{ x }}', oneOf(PARTS), oneOf(PARTS), ...Array.from({ length: 3 + below(5) }, () => oneOf(kind))];
	return Array.from({ length: 4 + below(8) }, () => oneOf(few)).join('');
}

const shape = (tree) => [...nodes(tree)].filter((n) => n.nodeName !== '#text')
	.map((n) => `${n.nodeName} ${n.namespaceURI ?? ''} ${(n.attrs ?? []).map((a) => a.name)}`).join('\n');
const textOf = (node) => [...nodes(node)].filter((n) => n.nodeName === '#text').map((n) => n.value).join('');

function harmIn(node) {
	for (const { name, value } of node.attrs ?? []) {
		if (/^(href|src)$/.test(name) && /^\s*javascript:/i.test(value)) return `an address ${value}`;
		if (name === 'style' && value.includes(STYLED)) return `a style ${value}`;
	}
	if (node.nodeName === 'style' && textOf(node).includes(STYLED)) return 'a style sheet with its signs';
	if (node.nodeName === 'script' && textOf(node).includes(CODE)) return 'a script with its quotes';
	return null;
}

/** What a value does in one of the readings, or null. */
function found(harmless, hostile) {
	for (const [name, read] of readings) {
		const tree = read(hostile);
		const what = shape(tree) === shape(read(harmless)) ? [...nodes(tree)].map(harmIn).find((h) => h) : 'other markup';
		if (what) return `${what} where ${name}`;
	}
	return null;
}

const made = [...new Set(Array.from({ length: TEMPLATES }, some))].filter((template) => template.includes('{{'));
const plain = render(made.map((template) => ['html', template, HARMLESS]));
const tried = made.map((template, i) => [template, plain[i]]).filter(([, text]) => text?.includes(HARMLESS));
const attacked = render(tried.flatMap(([template]) => HOSTILE.map((x) => ['html', template, x])));
let failed = 0;
tried.forEach(([template, harmless], i) => {
	HOSTILE.forEach((x, k) => {
		const text = attacked[i * HOSTILE.length + k];
		const what = text === null ? 'is not made' : found(harmless, text);
		if (what && failed++ < SHOWN) console.log(`${JSON.stringify(template)}\n  x: ${x}\n  made: ${JSON.stringify(text)}\n  ${what}`);
	});
});
console.log(`${tried.length} of ${made.length} templates compile, ${HOSTILE.length} values in each`);
console.log(`readings: ${tried.length * HOSTILE.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 && tried.length >= LEAST ? 0 : 1);
