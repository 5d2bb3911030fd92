// Hostile values by others in every place where a template may have one. What
// comes out is judged by readers of others: parse5 for HTML, V8 for scripts and
// JSON. In each place
//  - the markup is the same as with a harmless value: no element, attribute,
//    comment or text more or less;
//  - where the place can hold any text, the reader gets the value back;
//  - an address has a scheme that may be there, a style sheet as many rules and
//    declarations as before.
import fs from 'node:fs';
import vm from 'node:vm';
import { parse } from 'parse5';
import { corpora, nodes, payloads as all, readings, render, sayable } from '../lib/markup.mjs';

const SHOWN = 10; // of the failed
const LONGEST = 1 << 16; // more of them is over a limit, and makes nothing
const HARMLESS = 'x';
const SCHEMES = new Set(['http:', 'https:', 'mailto:', 'tel:', 'cid:']);

/** What a browser makes of a text: line ends are one kind, other controls are none. */
const asRead = (text) => text.replaceAll(/\r\n?/g, '\n').replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '\ufffd');

/** The nodes of a tree without what a value may change. */
const shape = (tree) => [...nodes(tree)].map((n) => `${n.nodeName} ${n.namespaceURI ?? ''} ${(n.attrs ?? []).map((a) => a.name)}`).join('\n');

const find = (tree, name) => [...nodes(tree)].find((n) => n.nodeName === name);
const textOf = (tree, name) => (find(tree, name).childNodes ?? []).map((n) => n.value).join('');
const attribute = (tree, name, key) => find(tree, name).attrs.find((a) => a.name === key).value;

function address(url, base = 'https://base.example/') {
	try {
		return SCHEMES.has(new URL(url, base).protocol) ? null : `goes to ${url}`;
	} catch {
		return null; // no address to a browser: it goes nowhere
	}
}
/** Of the site and folder that the template names. */
const inFolder = (url) => (/^https:\/\/a\.example\/b\/[^/]+(\/c)?$/.test(new URL(url).origin + new URL(url).pathname) ? null : `goes to ${url}`);
const same = (got, wanted) => (got === wanted ? null : `read as ${JSON.stringify(got)}`);
/** Without escapes, addresses and words in quotes, what is left of it that means something. */
const signs = (css) => css.replaceAll(/\\[0-9a-f]+ |\\./g, '').replaceAll(/url\((["']?)[^)"']*\1\)/g, 'url()')
	.replaceAll(/'[\w\u0080-\uffff #%.,+!-]*'/g, '').replaceAll(/[^{}();:"'@<>\\]|\/(?!\*)/g, '');

/** A style sheet: what has a meaning in it is as it was. */
const styled = (css, plain) => same(signs(css), signs(plain));

function script(code) {
	const context = vm.createContext({ hit: 0 });
	vm.runInContext(code, context, { timeout: 1000 });
	return context.hit ? undefined : context.a;
}

const mail = fs.readFileSync(new URL('../fixtures/liquid/framework-mail.html', import.meta.url), 'utf8');
const MAIL_PAYLOADS = 8; // one in so many: it is long

/** [template, what to ask of the tree and of the one of the harmless value] */
const HTML = [
	['<p>{{ x }}</p>', (t, x) => same(textOf(t, 'p'), asRead(x))],
	['<title>{{ x }}</title>', (t, x) => same(textOf(t, 'title'), asRead(x))],
	['<textarea>\n{{ x }}</textarea>', (t, x) => same(textOf(t, 'textarea'), asRead(x))],
	['<p><!-- {{ x }} -->', () => null],
	['<p><!--[if mso]><b title="{{ x }}"><![endif]-->', () => null],
	['<table><tr>{{ x }}<td>{{ x }}</table>', () => null],
	['<svg><title>{{ x }}</title><desc>{{ x }}</desc></svg><math><mi>{{ x }}</mi></math>', (t, x) => same(textOf(t, 'desc'), asRead(x))],
	['<p><!--[if mso]><v:rect alt="{{ x }}" href="{{ x }}">{{ x }}</v:rect><![endif]-->', () => null],
	['<p><!--[if !mso]><!-- --><b title="{{ x }}">{{ x }}</b><!--<![endif]-->', (t, x) => same(attribute(t, 'b', 'title'), asRead(x))],
	['<p><noscript><img src="https://a.example/{{ x }}" alt="{{ x }}"></noscript>', () => null],
	[mail, () => null],
	['<p title="{{ x }}">', (t, x) => same(attribute(t, 'p', 'title'), asRead(x))],
	["<p title='{{ x }}'>", (t, x) => same(attribute(t, 'p', 'title'), asRead(x))],
	['<p data-x="a{{ x }}b">', (t, x) => same(attribute(t, 'p', 'data-x'), `a${asRead(x)}b`)],
	['<p>{% capture y %}<b>{{ x }}</b>{% endcapture %}{{ y }}<i title="{{ y }}">', (t, x) => same(textOf(t, 'b'), asRead(x))],
	['<a href="{{ x }}">', (t) => address(attribute(t, 'a', 'href'))],
	["<a href='{{ x }}{{ x }}'>", (t) => address(attribute(t, 'a', 'href'))],
	['<a href="java{{ x }}">', (t) => address(attribute(t, 'a', 'href'))],
	['<a href="{{ x }}/{{ x }}">', (t) => address(attribute(t, 'a', 'href'))],
	['<a href="https://a.example/{{ x }}?q={{ x }}#{{ x }}">', (t, x) => same(new URL(attribute(t, 'a', 'href')).origin, 'https://a.example')
		?? (/[?#]/.test(x) ? null : same(new URL(attribute(t, 'a', 'href')).searchParams.get('q'), x))],
	['<iframe src="https://a.example/b/{{ x }}/c?q={{ x }}"></iframe>', (t, x) => inFolder(attribute(t, 'iframe', 'src'))
		?? same(new URL(attribute(t, 'iframe', 'src')).searchParams.get('q'), x)],
	['<script src="/b/{{ x }}"></script>', (t) => inFolder(new URL(attribute(t, 'script', 'src'), 'https://a.example/').href)],
	['<svg><use href="#{{ x }}"/></svg>', (t) => same(attribute(t, 'use', 'href')[0], '#')],
	['<link rel="icon" href="{{ x }}">', (t) => address(attribute(t, 'link', 'href'))],
	['<a href="mailto:{{ x }}">', (t) => address(attribute(t, 'a', 'href'))],
	['<form action="{{ x }}"><button formaction="{{ x }}">', (t) => address(attribute(t, 'form', 'action'))],
	['<img srcset="{{ x }} 2x, {{ x }}" src="{{ x }}">', (t) => address(attribute(t, 'img', 'src'))
		?? attribute(t, 'img', 'srcset').split(/,\s+/).map((c) => address(c.split(' ')[0])).find((f) => f) ?? null],
	['<svg><a xlink:href="{{ x }}"><image href="{{ x }}"/></a></svg>', (t) => address(attribute(t, 'a', 'href'))],
	['<p style="color: {{ x }}; font-family: \'{{ x }}\'">', (t, x, plain) => styled(attribute(t, 'p', 'style'), attribute(plain, 'p', 'style'))],
	['<p style="background: url(&quot;{{ x }}&quot;)">', (t, x, plain) => styled(attribute(t, 'p', 'style'), attribute(plain, 'p', 'style'))],
	['<p style="background: url({{ x }})">', (t, x, plain) => styled(attribute(t, 'p', 'style'), attribute(plain, 'p', 'style'))
		?? address(/url\((.*)\)/.exec(attribute(t, 'p', 'style').replaceAll('\\26 ', '&'))[1])],
	['<style>a { color: {{ x }} } b { content: "{{ x }}" } i { background: url(\'{{ x }}\') }</style>',
		(t, x, plain) => styled(textOf(t, 'style'), textOf(plain, 'style'))],
	['<script>var a = {{ x }};</script>', (t, x) => same(script(textOf(t, 'script')), x)],
	['<script>var a = "{{ x }}";</script>', (t, x) => same(script(textOf(t, 'script')), x)],
	["<script>var a = '{{ x }}'; var b = [{{ x }}, {{ x }}];</script>", (t, x) => same(script(textOf(t, 'script')), x)],
	['<script type="application/ld+json">{"a": "{{ x }}", "b": {{ x }}}</script>', (t, x) => same(JSON.parse(textOf(t, 'script')).a, x)
		?? same(JSON.parse(textOf(t, 'script')).b, x)],
];

const unquoted = (cell) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
const unescaped = (text) => text.replaceAll(/\\(.)/g, (all, c) => (c === 'n' ? '\n' : c));
const oneLine = (text) => text.replaceAll(/\r\n?/g, '\n').replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '');
const FORMULA = /^[=+\-@\t\r]/;

/** [context, template, what to ask of the text] */
const OTHERS = [
	['json', '{"a": "{{ x }}", "b": {{ x }}}', (text, x) => same(JSON.parse(text).a, x) ?? same(JSON.parse(text).b, x)],
	['header', 'Re: {{ x }}', (text) => (/[\u0000-\u001f\u007f]/.test(text) ? 'a control character' : null)],
	['ics', '{{ x }}', (text, x) => (/[\r\n]|(^|[^\\])(\\\\)*[;,]/.test(text) ? 'a separator' : same(unescaped(text), oneLine(x)))],
	['csv', '{{ x }}', (text, x) => (FORMULA.test(unquoted(text)) ? 'a formula' : same(unquoted(text).slice(unquoted(text) === x ? 0 : 1), x))],
	['pdf', '{{ x }}', (text, x) => (/(^|[^\\])(\\\\)*[()]/.test(text) ? 'a bracket' : same(unescaped(text), oneLine(x)))],
	['text', '{{ x }}', (text, x) => same(text, x)],
];

const hostile = all(corpora('xss-templates')).map(sayable).filter((x) => x.length <= LONGEST);
let passed = 0;
let failed = 0;
function tell(template, payload, made, found) {
	if (!found) {
		passed++;
		return;
	}
	if (failed++ < SHOWN) console.log(`${template}\n  x: ${JSON.stringify(payload).slice(0, 200)}\n  made: ${made?.slice(0, 400)}\n  ${found}`);
}
function caught(judge) {
	try {
		return judge();
	} catch (error) {
		return `${error}`;
	}
}

for (const [template, judge] of HTML) {
	const payloads = hostile.filter((_, i) => template !== mail || i % MAIL_PAYLOADS === 0);
	const made = render([HARMLESS, ...payloads].map((x) => ['html', `<!doctype html><body>${template}`, x]));
	const plain = parse(made[0] ?? '');
	const read = readings.filter(([, of]) => /\[if|<noscript/.test(template) || of === readings[0][1]).map(([name, of]) => [name, of, shape(of(made[0] ?? ''))]);
	payloads.forEach((payload, i) => {
		const text = made[i + 1] ?? '';
		const other = read.find(([, of, wanted]) => shape(of(text)) !== wanted);
		const found = other ? `other markup where ${other[0]}` : caught(() => judge(parse(text), payload, plain));
		tell(template, payload, made[i + 1], payload.trim() && found);
	});
}
for (const [context, template, judge] of OTHERS) {
	const made = render(hostile.map((x) => [context, template, x]));
	hostile.forEach((payload, i) => tell(template, payload, made[i], caught(() => judge(made[i], payload))));
}
console.log(`${hostile.length} payloads in ${HTML.length} places of HTML and ${OTHERS.length} other formats`);
console.log(`xss-templates: ${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
