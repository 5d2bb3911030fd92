// send_peer HOST PORT CONNECTIONS MESSAGES SIZE: as many personalised mails of about SIZE bytes with nodemailer, as its
// users send them: a pool of connections, the mail composed from HTML, text and the headers of one-click opt-out. Two
// tracked links, signed for each reader. Nothing is remembered, so nothing is lost or sent twice that it would know of.
import { createHmac } from 'node:crypto';
import nodemailer from 'nodemailer';

const [, , host, port, connections, messages, size] = process.argv;
const site = 'https://go.northwind.example';
const token = (kind, n) => createHmac('sha256', 'secret').update(`${kind}${n}`).digest('base64url').slice(0, 43);
const paragraph = 'A contractor whose project ended last year. A VPN account that three people share. Most networks have '
	+ 'doors like these, and they stay open because nobody has an hour to look.';
// Both parts are encoded, which adds a bit to each.
const count = Math.max(1, Math.round((size - 2200) / 2 / (paragraph.length + 40)));

function mail(n) {
	const name = `Grace ${n}`;
	const click = `${site}/c/${token('c', n)}`;
	const leave = `${site}/u/${token('u', n)}`;
	const html = `<html><body><p>Hello ${name},</p>${`<p style="margin:0 0 16px">${paragraph}</p>`.repeat(count)}`
		+ `<p><a href="${click}">Request my review</a></p><p><a href="${leave}">Unsubscribe</a></p>`
		+ `<img src="${site}/o/${token('o', n)}" width="1" height="1" alt=""></body></html>`;
	const text = `Hello ${name},\n\n${`${paragraph}\n\n`.repeat(count)}Request my review: ${click}\n\nUnsubscribe: ${leave}\n`;
	return {
		from: '"Acme Systemhaus" <news@acme.example>',
		to: `"${name}" <reader${n}@reader${n % 97}.example>`,
		subject: 'Who can still get into your network?',
		html, text,
		headers: { 'List-Unsubscribe': `<${leave}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
	};
}

const transport = nodemailer.createTransport({
	host, port, pool: true, maxConnections: Number(connections), maxMessages: Infinity, secure: false, ignoreTLS: true,
});
let next = 0;
const worker = async () => {
	while (next < messages) await transport.sendMail(mail(next++));
};
// A few more than connections, so that none waits for the next mail.
await Promise.all(Array.from({ length: 2 * connections }, worker));
transport.close();
