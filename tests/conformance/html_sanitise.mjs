// Hostile markup by others, in the places where it could stand, through
// html_sanitise(). What is left is judged by a parser of others, parse5, and by
// a list of what may be there that is written down here once more:
//  - parse5 reads it, with and without scripts, as the bytes say: written out
//    again from its tree, they are the same;
//  - it holds no element, attribute, scheme or CSS beyond the list;
//  - sanitised again, it is the same.
// A text that is refused is judged by nobody; how many were, is said.
import { parse, parseFragment } from 'parse5';
import { clean, corpora, payloads } from '../lib/markup.mjs';

const SHOWN = 10; // of the failed
const words = (text) => new Set(text.split(' '));
const ELEMENTS = words('a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del '
	+ 'dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q s '
	+ 'samp section small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr');
const ATTRIBUTES = words('align alt aria-hidden aria-label bgcolor border cellpadding cellspacing class color colspan datetime '
	+ 'dir face height href lang nowrap reversed role rowspan scope size span src start style title type valign value width');
const SCHEMES = { href: words('http: https: mailto: tel:'), src: words('http: https: cid:') };
const PROPERTY = new RegExp('^(background(-color)?|border(-(top|right|bottom|left))?(-(color|style|width))?'
	+ '|border-(collapse|radius|spacing)|caption-side|clear|color|direction|display|float|font(-(family|size|style|variant|weight))?'
	+ '|(min-|max-)?(height|width)|letter-spacing|line-height|list-style(-(type|position))?|(margin|padding)(-(top|right|bottom|left))?'
	+ '|overflow-wrap|table-layout|text-(align|decoration|indent|transform)|vertical-align|white-space|word-(break|spacing|wrap))$');
const VALUE = /^(?:[a-z0-9 #%.,!+/-]|"[a-z0-9 #%.,!+/-]*"|'[a-z0-9 #%.,!+/-]*'|\b(?:rgb|hsl)a?\([a-z0-9 #%.,!+/-]*\))+$/i;
const NEGATIVE = /(^|[ ,(/])-[\d.]/;
const VOID = words('br col hr img wbr');
const HTML = 'http://www.w3.org/1999/xhtml';

/** A payload where templates and other people's markup could have put it. */
const PLACES = [
	(x) => x,
	(x) => `<p title="${x}">x</p>`,
	(x) => `<img src=cid:x alt='${x}'>`,
	(x) => `<a href="${x}">x</a>`,
	(x) => `<a href=https://x.example/ style="color: ${x}">x</a>`,
	(x) => `<table><tr>${x}<td>x`,
	(x) => `<svg><title>${x}</svg>x`,
	(x) => `<math><mtext><mglyph>${x}</math>x`,
	(x) => `<select>${x}</select>x`,
	(x) => `<!--${x}-->x`,
	(x) => `<noscript><style>${x}</noscript>`,
	(x) => `<textarea>${x}<template>${x}`,
	(x) => `<b><p><font size=1>${x}</b>${x}`,
	(x) => `<p>x<marquee><p>${x}</marquee>x`,
	(x) => `<a href=https://x.example/>x<marquee>${x}<a href=https://y.example/>y</marquee>x`,
	(x) => `<pre>\n\n${x}</pre>x`,
	(x) => x.replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
];

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
	.replaceAll('"', '&quot;').replaceAll("'", '&#39;');

/** What the sanitiser should have written, had it this tree. */
function written(node) {
	if (node.nodeName === '#text') return escaped(node.value);
	if (!node.tagName) return (node.childNodes ?? []).map(written).join('') + (node.nodeName === '#comment' ? '<!-->' : '');
	const start = `<${node.tagName}${node.attrs.map((a) => ` ${a.name}="${escaped(a.value)}"`).join('')}>`;
	if (VOID.has(node.tagName)) return start;
	const children = node.childNodes.map(written).join('');
	return `${start}${node.tagName === 'pre' && children.startsWith('\n') ? '\n' : ''}${children}</${node.tagName}>`;
}

function checkStyle(style) {
	for (const declaration of style.split('; ')) {
		const [, property, value] = /^([a-z-]+): (.+)$/.exec(declaration) ?? [];
		if (!PROPERTY.test(property)) return `property "${declaration}"`;
		if (!VALUE.test(value) || NEGATIVE.test(value)) return `value "${declaration}"`;
	}
	return null;
}

function checkAttribute({ name, value, prefix }) {
	if (!ATTRIBUTES.has(name) || prefix) return `attribute ${name}`;
	if (name === 'style') return checkStyle(value);
	if (!SCHEMES[name]) return null;
	return SCHEMES[name].has(schemeOf(value)) ? null : `URL ${value}`;
}

function schemeOf(url) {
	try {
		return new URL(url).protocol;
	} catch {
		return /^(https?|cid):/i.exec(url)?.[0].toLowerCase(); // no URL to a browser: it goes nowhere
	}
}

/** The first thing in the tree that may not be there. */
function forbidden(node) {
	if (node.nodeName === '#text') return null;
	if (node.tagName) {
		if (!ELEMENTS.has(node.tagName) || node.namespaceURI !== HTML) return `element ${node.tagName}`;
		for (const attribute of node.attrs) {
			const found = checkAttribute(attribute);
			if (found) return found;
		}
	} else if (node.nodeName !== '#document-fragment') {
		return node.nodeName;
	}
	for (const child of node.childNodes) {
		const found = forbidden(child);
		if (found) return found;
	}
	return null;
}

function judge(left, again) {
	if (again !== left) return `sanitised again: ${again}`;
	for (const scriptingEnabled of [true, false]) {
		const tree = parseFragment(left, { scriptingEnabled });
		const found = forbidden(tree);
		if (found) return found;
		if (written(tree) !== left) return `read as: ${written(tree)}`;
		const [, body] = parse(`<!doctype html><body>${left}`, { scriptingEnabled }).childNodes[1].childNodes;
		// White space before the first word belongs to no body.
		if (written(body).slice(6, -7).trimStart() !== left.trimStart()) return `read in a page as: ${written(body)}`;
	}
	return null;
}

const hostile = payloads(corpora('xss-sanitise'));
const given = hostile.flatMap((payload) => PLACES.map((place) => place(payload)));
const left = clean(given);
const again = clean(left.map((text) => text ?? ''));
let failed = 0;
let refused = 0;
let kept = 0;
given.forEach((payload, i) => {
	if (left[i] === null) {
		refused++;
		return;
	}
	if (left[i].includes('<')) kept++;
	const found = judge(left[i], again[i]);
	if (!found) return;
	if (failed++ < SHOWN) console.log(`${JSON.stringify(payload)}\n  left: ${left[i]}\n  ${found}`);
});
console.log(`${hostile.length} payloads in ${PLACES.length} places: ${kept} leave markup, ${refused} are refused`);
console.log(`xss-sanitise: ${given.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 && kept > given.length / 10 && refused < given.length / 100 ? 0 : 1);
