// Somebody reads a mail, follows it and asks to be called. Somebody else leaves.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { until } from './browser.mjs';
import { done, tell } from './story.mjs';
import { listen, verify } from '../lib/hook_read.mjs';

const HOUR_MS = 3600000;
const before = (ms) => new Date(Date.now() - ms).toISOString();
const begin = before(5 * 24 * HOUR_MS); // so that the first mail was due on any day of the week
const READER = 'grace.macbride@oakvalleyclinic.example';
const OTHER = 'noah.castillo@harbourfreightpartners.example';
const LEAVER = 'omar.okoye@fenwicksons.example';
const INVITE = 'Who can still get into your network?';
const NUDGE = 'Three logins worth a second look';
const THANKS = 'We have your request';
const PARTNER = { id: 'brightline', leads: 'hello@brightline.example' };
const RIGHT = {
	given_name: 'Grace', family_name: 'Macbride-Łoś', company: 'Oak & "Valley" <Clinic>', email: READER,
	phone: '+442079460014', message: 'Our old VPN.\nAnd the printers’ remote access.',
};

const values = (browser) =>
	browser.ask('Object.fromEntries([...document.querySelectorAll("[id^=f-]")].map((e) => [e.name, e.type === "checkbox" ? e.checked : e.value]))');

async function followMail(stage) {
	const { browser, site } = stage;
	const [mail] = await stage.mails(READER);
	assert.equal(mail.subject, INVITE);
	await browser.show(mail.html);
	assert.equal(await browser.brokenImages(), 0);
	assert.ok(browser.requests.some((r) => r.startsWith(`${site}/o/`)), 'the pixel was fetched');
	browser.requests.length = 0;
	await browser.follow('a[href*="/c/"]');
	const url = new URL(await browser.ask('location.href'));
	assert.equal(url.origin, site);
	assert.match(url.pathname, /^\/p\/brightline\/[^/]+\/offer$/);
	assert.equal(url.searchParams.get('utm_campaign'), 'spring-launch');
	assert.match(await browser.text(), /45 minutes\. One list\. Fewer open doors\./);
	done('a click in the mail leads to the page');
}

async function lookAround({ browser, site }) {
	for (const width of [390, 1280]) {
		await browser.width(width);
		assert.ok((await browser.ask('document.documentElement.scrollWidth')) <= width, `it fits ${width} px`);
	}
	assert.equal(await browser.brokenImages(), 0);
	assert.ok(await browser.ask('[...document.querySelectorAll("input[id], textarea")].every((e) => e.labels.length === 1)'));
	assert.deepEqual(
		await browser.ask('[...document.querySelectorAll("[name=homepage]")].map((e) => e.getBoundingClientRect().right < 0)'),
		[true], 'the trap for programs: one, out of sight',
	);
	assert.deepEqual(browser.requests.filter((r) => !r.startsWith(`${site}/`)), [], 'nothing from elsewhere');
	assert.deepEqual(browser.complaints, []);
	done('it fits, has its images and labels, and asks nobody else for anything');
}

async function fillWrongly({ browser }) {
	await browser.type('#f-given_name', RIGHT.given_name);
	await browser.type('#f-company', RIGHT.company);
	await browser.type('#f-email', 'grace at oakvalley');
	await browser.type('#f-message', RIGHT.message);
	await browser.follow('form button[type=submit]');
	const text = await browser.text();
	assert.match(text, /Almost there/);
	assert.deepEqual(
		await browser.ask('[...document.querySelectorAll("[aria-invalid=true]")].map((e) => e.name)'),
		['family_name', 'email', 'consent'],
	);
	assert.match(text, /does not look like an e-mail address/);
	assert.match(text, /We need your consent/);
	assert.deepEqual(await values(browser), {
		...RIGHT, family_name: '', email: 'grace at oakvalley', phone: '', consent: false,
	});
	done('what is wrong is shown, and what was typed is kept');
}

async function fillRightly(stage) {
	const { browser } = stage;
	await browser.type('#f-family_name', RIGHT.family_name);
	await browser.type('#f-email', RIGHT.email);
	await browser.type('#f-phone', RIGHT.phone);
	await browser.click('#f-consent');
	assert.deepEqual(await values(browser), { ...RIGHT, consent: true });
	assert.equal(stage.json('lead', 'list').length, 0);
	await browser.follow('form button[type=submit]');
	assert.match(await browser.text(), /Brightline IT has your request/);
	done('then it is taken, with thanks');
}

async function leadIsThere(stage, hooks, secret) {
	const [lead, ...more] = stage.json('lead', 'list', '--show-addresses');
	assert.deepEqual(more, []);
	assert.equal(lead.address, READER);
	assert.equal(lead.partner, PARTNER.id);
	assert.equal(stage.json('lead', 'show', lead.lead).message, RIGHT.message);
	done('lead list has it');

	const notify = await stage.mail(PARTNER.leads, () => true);
	for (const part of [notify.text, notify.html]) {
		assert.match(part, /Macbride-Łoś/);
		assert.match(part, /printers’ remote access/);
		assert.match(part, /may contact me by e-mail or phone/);
	}
	assert.ok(notify.html.includes(`href="tel:${RIGHT.phone}"`), 'the phone is a link');
	assert.ok(!notify.html.includes('<Clinic>'), 'what a visitor typed is text');
	assert.ok(notify.text.includes(RIGHT.company));
	assert.deepEqual(notify.replyTo.map((r) => r.address), [READER]);
	assert.ok(!notify.unsubscribe, 'no marketing');
	done('the partner is told by mail');

	const thanks = await stage.mail(READER, (m) => m.subject === THANKS);
	assert.match(thanks.from.name, /^Brightline IT/);
	assert.match(thanks.text, /Brightline IT/);
	assert.deepEqual(thanks.replyTo.map((r) => r.address), [PARTNER.leads]);
	done('the visitor is thanked by mail');

	await until(() => hooks.length > 0, 'the hook');
	const said = verify(hooks[0], secret);
	assert.equal(hooks.length, 1);
	assert.ok(JSON.stringify(said).includes(READER));
	done(`the signed hook arrives: ${said.type}`);
}

async function leave(stage) {
	const { browser } = stage;
	const [mail] = await stage.mails(LEAVER);
	const listed = () => JSON.stringify(stage.json('contact', 'show', '--partner', PARTNER.id, LEAVER));
	await browser.show(mail.html);
	await browser.follow('a[href*="/u/"]');
	assert.match(await browser.text(), /Stop these e-mails\?/);
	assert.match(await browser.text(), /o\*\*\*@fenwicksons\.example/);
	assert.doesNotMatch(listed(), /withdrawn/);
	await browser.follow('form button');
	assert.match(await browser.text(), /You are unsubscribed/);
	assert.match(listed(), /withdrawn/);
	assert.match(stage.guidon('why', PARTNER.id, LEAVER), /opted out of the vendor's mail/);
	assert.deepEqual(browser.complaints, []);
	done('who presses the button is mailed no more');
}

/** Days later all others have their second mail, and these two have not. */
async function sequenceEnds(stage) {
	assert.equal((await stage.mails(OTHER)).length, 1);
	stage.guidon('--now', before(-6 * 24 * HOUR_MS), 'run', '--once');
	assert.deepEqual((await stage.mails(OTHER)).map((m) => m.subject), [INVITE, NUDGE]);
	assert.deepEqual((await stage.mails(READER)).map((m) => m.subject), [INVITE, THANKS]);
	assert.deepEqual((await stage.mails(LEAVER)).map((m) => m.subject), [INVITE]);
	const { rows } = stage.json('report', 'spring-launch', '--partner', PARTNER.id);
	const { opened, clicked, leads } = rows.find((r) => r.step === 'invite');
	assert.deepEqual({ opened, clicked, leads }, { opened: 2, clicked: 1, leads: 1 });
	done('the sequence goes on for all but these two');
}

await tell({ now: begin }, async (stage) => {
	const hooks = [];
	const receiver = await listen((request) => hooks.push(request));
	const url = `http://127.0.0.1:${receiver.address().port}/leads`;

	// It leaves long after it was due.
	const campaign = stage.file('campaigns/spring-launch/campaign.xml');
	fs.writeFileSync(campaign, fs.readFileSync(campaign, 'utf8').replace('<campaign ', '<campaign max-lateness="30d" '));
	stage.guidon('--now', begin, 'plan', 'spring-launch', '-o', 'spring.plan');
	stage.guidon('--now', begin, 'apply', 'spring.plan');
	const secret = /whsec_\S+/.exec(stage.guidon('partner', 'webhook', PARTNER.id, '--leads', url))[0];
	// Sent long enough ago for a click to be a person's.
	stage.guidon('--now', before(HOUR_MS), 'run', '--once');
	await stage.up('--posts', 'webhook:?loopback=yes');

	await followMail(stage);
	await lookAround(stage);
	await fillWrongly(stage);
	await fillRightly(stage);
	await leadIsThere(stage, hooks, secret);
	await leave(stage);
	await stage.down();
	await sequenceEnds(stage);
	receiver.close();
});
