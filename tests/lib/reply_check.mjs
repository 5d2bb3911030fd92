// reply_check.mjs FILE: a mail as two libraries of others read it, as JSON: who
// it is from, whom an answer goes to, its texts and files. They must agree.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';

const bytes = fs.readFileSync(process.argv[2]);
const mail = await simpleParser(bytes, { skipImageLinks: true });
const other = await PostalMime.parse(bytes);
const sha256 = (x) => crypto.createHash('sha256').update(Buffer.from(x)).digest('hex');
const one = (list) => ({ name: list.value[0].name, address: list.value[0].address });

assert.equal(other.subject, mail.subject);
assert.equal(other.messageId, mail.messageId);
assert.deepEqual(other.replyTo[0], one(mail.replyTo));
assert.deepEqual(other.from, one(mail.from));
assert.deepEqual(other.attachments.map((a) => sha256(a.content)), mail.attachments.map((a) => sha256(a.content)));

console.log(JSON.stringify({
	from: one(mail.from),
	to: one(mail.to),
	replyTo: one(mail.replyTo),
	subject: mail.subject,
	inReplyTo: mail.inReplyTo,
	references: [mail.references ?? []].flat(),
	text: mail.text,
	html: mail.html || '',
	files: mail.attachments.map((a) => ({ name: a.filename, sha256: sha256(a.content) })),
}));
