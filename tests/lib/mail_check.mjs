// mail_check.mjs FOLDER WORKSPACE DAY [ONLY...] [changes=ZONE...]
//
// The mails in FOLDER, each read by two libraries of others, are what the stock
// campaign of WORKSPACE owes the lists in WORKSPACE/contacts when it begins on
// DAY: each once, and no other. That is worked out anew here from the files.
// ONLY is PARTNER/ADDRESS=STEP,STEP: somebody got these steps alone; PARTNER may
// be *. changes=ZONE: in between the clocks changed there.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { readMail, unsink } from './mail_read.mjs';

const DAYS = { invite: 0, nudge: 4, 'last-call': 9 }; // after DAY
const HOUR = '09:00';
const [folder, workspace, day, ...options] = process.argv.slice(2);
const changes = options.filter((o) => o.startsWith('changes=')).map((o) => o.slice(8));
const only = options.filter((o) => !o.startsWith('changes=')).map((o) => {
	const [who, steps] = o.split('=');
	return { who, steps: steps ? steps.split(',') : [] };
});

// ---- the files ----

function cells(line) {
	const found = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)];
	return found.map((m) => m[1]?.replaceAll('""', '"') ?? m[2]);
}

function csv(file) {
	const [head, ...rows] = fs.readFileSync(file, 'utf8').trim().split(/\r?\n/).map(cells);
	return rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i]])));
}

const xml = (file) => fs.readFileSync(path.join(workspace, file), 'utf8');
const campaign = xml('campaigns/spring-launch/campaign.xml');
const postal = /<postal>(.*?)<\/postal>/.exec(xml('guidon.xml'))[1];
const site = /site="([^"]*)"/.exec(xml('guidon.xml'))[1];

/** "de|Wer kommt ..." -> "invite" */
const stepOf = new Map();
for (const [, step, body] of campaign.matchAll(/<email id="([^"]+)"([\s\S]*?)<\/email>/g))
	for (const [, language, subject] of body.matchAll(/<subject xml:lang="(..)">(.*?)<\/subject>/g))
		stepOf.set(`${language}|${subject}`, step);
assert.equal(stepOf.size, 9, 'three mails in three languages');

const isAddress = (s) => /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(s);
const isDay = (s) => new Date(`${s}T00:00:00Z`).toISOString?.().startsWith(s);
const safely = (f, s) => {
	try {
		return f(s);
	} catch {
		return false;
	}
};

/** Who may get it: partner and contact, by key. */
const people = new Map();
for (const partner of csv(path.join(workspace, 'partners.csv'))) {
	if (!['gold', 'silver'].includes(partner.tier) || partner.status !== 'active') continue;
	for (const contact of csv(path.join(workspace, 'contacts', `${partner.id}.csv`)))
		if (
			isAddress(contact.email) &&
			safely(isDay, contact.consent_date) &&
			contact.consent === 'given' &&
			contact.tags.split('|').some((tag) => ['security', 'it'].includes(tag))
		)
			people.set(`${partner.id}/${contact.email}`, { partner, contact });
}

/** PARTNER/ADDRESS/STEP of each mail that must be there. */
function owed() {
	const keys = [];
	for (const key of people.keys()) {
		const limit = only.find(({ who }) => who === key || who === `*/${key.split('/')[1]}`);
		for (const step of limit ? limit.steps : Object.keys(DAYS)) keys.push(`${key}/${step}`);
	}
	return keys.sort();
}

// ---- a mail ----

const escaped = (s) => s.replace(/&/g, '&amp;').replace(/'/g, '&#39;').replace(/"/g, '&quot;');

function local(at, zone) {
	const parts = new Intl.DateTimeFormat('en-CA', {
		timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit',
		hour: '2-digit', minute: '2-digit', second: '2-digit',
	}).formatToParts(at);
	const get = (type) => parts.find((p) => p.type === type).value;
	return `${get('year')}-${get('month')}-${get('day')} ${get('hour')}:${get('minute')}:${get('second')}`;
}

const dayAfter = (count) => new Date(Date.parse(`${day}T00:00:00Z`) + count * 86400000).toISOString().slice(0, 10);

/** The due hours in UTC that were seen in each zone. */
const hours = new Map();

function checkTime(mail, zone, step) {
	assert.equal(local(mail.date, zone), `${dayAfter(DAYS[step])} ${HOUR}:00`, `${step} in ${zone}`);
	if (!hours.has(zone)) hours.set(zone, new Set());
	hours.get(zone).add(new Date(mail.date).getUTCHours());
}

function checkLinks(mail, partner) {
	const { domain } = mail;
	assert.match(mail.unsubscribe, new RegExp(`^${site}/u/[A-Za-z0-9_-]{60,}$`));
	assert.equal(mail.oneClick, 'List-Unsubscribe=One-Click');
	assert.equal(mail.listId, `news.${partner.id}.${domain}`);
	assert.equal(mail.feedbackId, `spring-launch:${partner.id}:mail:${domain}`);
	assert.match(mail.messageId, new RegExp(`^<[a-z0-9]+@${domain}>$`));
	assert.ok(mail.html.includes(`href="${mail.unsubscribe}"`), 'HTML has the way out');
	assert.ok(mail.text.includes(mail.unsubscribe), 'so has the text');
	for (const part of [mail.text, mail.html]) {
		assert.ok(part.includes(postal) || part.includes(escaped(postal)), 'a postal address');
		assert.ok(part.includes(partner.company) || part.includes(escaped(partner.company)), 'the partner');
		assert.ok(part.includes(`${site}/c/`) && part.includes(`${site}/v/`), 'links');
		assert.ok(!/\{\{|\{%/.test(part), 'no template left');
	}
	assert.equal(mail.text.match(/^-- $/gm)?.length ?? 0, 1, 'a signature');
}

async function check(file) {
	const { envelope, bytes } = unsink(fs.readFileSync(file));
	const mail = await readMail(bytes);
	const [id, domain] = mail.from.address.split('@');
	assert.equal(mail.to.length, 1);
	assert.equal(envelope ?? mail.to[0].address, mail.to[0].address, 'envelope and To');

	const person = people.get(`${id}/${mail.to[0].address}`);
	assert.ok(person, `${id} may not mail ${mail.to[0].address}`);
	const { partner, contact } = person;
	const language = (contact.language || partner.language).slice(0, 2);
	const step = stepOf.get(`${language}|${mail.subject}`);
	assert.ok(step, `no subject in ${language}: ${mail.subject}`);
	assert.match(mail.html, new RegExp(`<html lang="${language}[^"]*"`));
	assert.equal(mail.to[0].name, [contact.given_name, contact.family_name].join(' '));
	assert.equal(mail.from.name, `${partner.company} via Northwind Security`);
	assert.deepEqual(mail.replyTo.map((r) => r.address), [partner.owner_email]);
	checkLinks({ ...mail, domain }, partner);
	checkTime(mail, contact.time_zone || partner.time_zone, step);
	return { key: `${id}/${contact.email}/${step}`, messageId: mail.messageId };
}

// ---- all of them ----

const seen = [];
const ids = new Set();
for (const name of fs.readdirSync(folder)) {
	if (name === 'envelope') continue; // the last message's, of smtp_receiver.py
	const { key, messageId } = await check(path.join(folder, name)).catch((error) => {
		error.message = `${name}: ${error.message}`;
		throw error;
	});
	assert.ok(!ids.has(messageId), `${name}: ${messageId} twice`);
	ids.add(messageId);
	seen.push(key);
}
const expected = owed();
assert.ok(expected.length > 300, 'a campaign');
assert.deepEqual(seen.sort(), expected, 'each that was planned, once');
for (const zone of changes) assert.equal(hours.get(zone).size, 2, `the clocks change in ${zone}`);
console.log(`${seen.length} mails, ${hours.size} zones`);
