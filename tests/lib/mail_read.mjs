// What two libraries of others make of a mail. They must agree in all that is
// asked here, and with what is read off the bytes; then it is one record.
import assert from 'node:assert/strict';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';

const LINE_MAX = 998; // RFC 5322, 2.1.1

// What smtp-sink puts above a mail when it keeps one; and below it an empty line.
const SINK = /^(X-(Client|Helo|Mail|Rcpt)-\S+|Received):.*\n([ \t].*\n)*/gim;

/** The bytes as they were sent, and the envelope's receiver if smtp-sink kept them. */
export function unsink(bytes) {
	const text = bytes.toString('latin1').replace(/\r\n/g, '\n');
	const end = text.indexOf('\n\n') + 1;
	const head = text.slice(0, end);
	const envelope = /^X-Rcpt-Args: <(.*)>$/m.exec(head)?.[1];
	if (!envelope) return { bytes };
	const mail = head.replace(SINK, '') + text.slice(end, -1);
	return { envelope, bytes: Buffer.from(mail.replace(/\n/g, '\r\n'), 'latin1') };
}

const addresses = (list) => list.map(({ name, address }) => ({ name, address }));
const same = (a, b, what) => {
	assert.deepEqual(a, b, `mailparser and postal-mime: ${what}`);
	return a;
};
// To postal-mime the line end before a boundary is of the part; RFC 2046: of the boundary.
const text = (s) => s.replace(/\n$/, '');

/** The types of the parts, in order, by the bytes alone. */
function parts(raw, boundary) {
	const pieces = raw.split(`\r\n--${boundary}`);
	assert.equal(pieces.pop(), '--\r\n', 'what follows the last part');
	assert.ok(!pieces[0].split('\r\n\r\n')[1], 'nothing before the first part');
	return pieces.slice(1).map((part) => /^Content-Type: ([^;\r]+); charset=utf-8\r\n/m.exec(part)?.[1]);
}

export async function readMail(bytes) {
	const raw = bytes.toString('latin1');
	assert.match(raw, /^[\x01-\x7f]*$/, '7 bit, no NUL');
	assert.ok(!/[^\r]\n|\r[^\n]/.test(raw), 'lines end with CRLF');
	for (const line of raw.split('\r\n')) assert.ok(line.length <= LINE_MAX, `a line of ${line.length}`);

	const m = await simpleParser(bytes, { skipImageLinks: true, skipTextToHtml: true });
	const p = await PostalMime.parse(bytes);
	const header = (name) => {
		const found = p.headers.filter((h) => h.key === name);
		assert.ok(found.length <= 1, `${name} once`);
		return found[0]?.value;
	};
	const list = m.headers.get('list') ?? {};
	const type = m.headers.get('content-type');
	const bare = (s) => s?.replace(/^<(.*)>$/, '$1');
	for (const { key } of p.headers) header(key);
	assert.equal(m.headerLines.length, p.headers.length);
	for (const forbidden of ['bcc', 'cc', 'sender', 'received', 'return-path'])
		assert.ok(!m.headers.has(forbidden) && !header(forbidden), `no ${forbidden}`);
	assert.equal(type.value, 'multipart/alternative');
	assert.deepEqual(parts(raw, type.params.boundary), ['text/plain', 'text/html']);
	same(m.attachments, p.attachments, 'attachments');
	assert.deepEqual(m.attachments, []);

	return {
		from: same(addresses(m.from.value), addresses([p.from]), 'From')[0],
		to: same(addresses(m.to.value), addresses(p.to), 'To'),
		replyTo: same(addresses(m.replyTo?.value ?? []), addresses(p.replyTo ?? []), 'Reply-To'),
		subject: same(m.subject, p.subject, 'Subject'),
		date: same(m.date.getTime(), Date.parse(p.date), 'Date'),
		messageId: same(m.messageId, p.messageId, 'Message-ID'),
		listId: same(list.id?.name, bare(header('list-id')), 'List-Id'),
		unsubscribe: same(list.unsubscribe?.url, bare(header('list-unsubscribe')), 'List-Unsubscribe'),
		oneClick: same(list['unsubscribe-post']?.name, header('list-unsubscribe-post'), 'List-Unsubscribe-Post'),
		feedbackId: same(m.headers.get('feedback-id'), header('feedback-id'), 'Feedback-ID'),
		autoSubmitted: same(m.headers.get('auto-submitted'), header('auto-submitted'), 'Auto-Submitted'),
		text: same(m.text, text(p.text), 'the text'),
		html: same(m.html, text(p.html), 'the HTML'),
	};
}
