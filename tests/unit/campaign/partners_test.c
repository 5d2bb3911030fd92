#include "campaign/campaign.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/zone.h"
#include "test.h"
#include "xml/xml.h"

#define LOGO "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"

static struct arena *a;
static struct campaign_findings findings;
static const struct campaign_partner_row *rows;
static size_t count;
static struct str table;
static struct error err;

static int
fixture_read(struct campaign_files *files, struct arena *to, struct str path,
	     struct str *bytes, struct error *e)
{
	(void)files, (void)e;
	if (str_eq_cstr(path, "partners.csv") && table.p)
		*bytes = str_copy(to, table);
	else if (str_eq_cstr(path, "assets/logos/acme.svg"))
		*bytes = str_copy(to, STR(LOGO));
	else if (str_eq_cstr(path, "assets/fake.png"))
		*bytes = STR("not at all");
	else
		return 0;
	return 1;
}

static struct campaign_files files = { .read = fixture_read };

static int
begin(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

static void
load(struct str text)
{
	table = text;
	campaign_findings_init(&findings, a);
	assert_ok(
	    campaign_partners_load(&files, a, &findings, &rows, &count, &err),
	    err);
}

static struct str
finding(size_t i)
{
	const struct campaign_finding *f = &findings.items[i];

	return str_printf(a, "%.*s:%d:%d: %.*s", STR_ARG(f->file), f->line,
			  f->column, STR_ARG(f->text));
}

static void
assert_good(const char *text)
{
	load(str_of(text));
	if (findings.count)
		fail_msg("%.*s", STR_ARG(finding(0)));
	assert_non_null(rows);
}

static void
assert_one(const char *text, const char *expected)
{
	load(str_of(text));
	for (size_t i = 1; i < findings.count; i++)
		print_message("%.*s\n", STR_ARG(finding(i)));
	assert_int_equal(findings.count, 1);
	assert_str(finding(0), expected);
}

/* One row with one value besides what must be there: its one finding. */
static void
assert_value(const char *column, const char *value, const char *part)
{
	load(str_printf(a, "id,company,%s\nacme,Acme,\"%s\"\n", column, value));
	if (findings.count != 1 || findings.items[0].column != 11 ||
	    findings.items[0].line != 2 ||
	    str_find(findings.items[0].text, str_of(part)) < 0)
		fail_msg("%s \"%s\": %zu findings, %.*s", column, value,
			 findings.count,
			 STR_ARG(findings.count ? finding(0) : STR("none")));
	assert_null(rows);
}

static void
values_come_out_in_one_form(void **state)
{
	(void)state;
	assert_good("\xef\xbb\xbfid;Company;Time Zone;language;country;phone;"
		    "owner_email;lead-email;postcode;logo;shoe_size\r\n"
		    " acme ;Acme GmbH;Europe/Berlin;DE-at;de;"
		    "+49 (0) (30) 12-34.56;Ann@ACME.example;l@b\xc3\xbc"
		    "cher.example;01067;assets/logos/acme.svg;42\r\n");
	assert_int_equal(count, 1);
	assert_str(rows->id, "acme");
	assert_str(rows->time_zone, "Europe/Berlin");
	assert_str(rows->language, "de-AT");
	assert_str(rows->country, "DE");
	assert_str(rows->phone, "+4930123456");
	assert_str(rows->owner_email, "ann@acme.example");
	assert_str(rows->lead_email, "l@xn--bcher-kva.example");
	assert_str(rows->postcode, "01067");
	assert_str(rows->status, "active");
	assert_str(rows->tier, "");
	assert_str(rows->logo, "logos/acme.svg");
	assert_str(rows->logo_bytes, LOGO);
	assert_true(str_ends(rows->logo_name, STR(".svg")));
	assert_str(rows->attributes, "{\"shoe_size\":\"42\"}");
	assert_int_equal(rows->line, 2);
}

static void
rows_are_found_by_id(void **state)
{
	const struct campaign_partner_row *row;

	(void)state;
	assert_good("id,company\nc,C\na,A\nb,B\n");
	assert_int_equal(count, 3);
	for (size_t i = 0; i < 3; i++) {
		row = campaign_partners_find(rows, count,
					     str_slice(STR("abc"), i, i + 1));
		assert_ptr_equal(row, &rows[i]);
	}
	assert_null(campaign_partners_find(rows, count, STR("bb")));
	assert_null(campaign_partners_find(rows, count, STR("")));
}

static void
a_header_alone_is_no_partner(void **state)
{
	(void)state;
	assert_good("id,company\n");
	assert_int_equal(count, 0);
}

static void
the_header_is_checked(void **state)
{
	(void)state;
	assert_one("", "partners.csv:1:1: found no row, expected one with the "
		       "columns' names");
	assert_one("id\n", "partners.csv:1:1: found no column \"company\", "
			   "expected it in the first row");
	assert_one("id,company,ID\n",
		   "partners.csv:1:12: found the column \"id\" a second time, "
		   "expected it once");
	assert_one("id,company,x,x\n",
		   "partners.csv:1:14: found the column \"x\" a second time, "
		   "expected it once");
	assert_one("id,company,2nd\n",
		   "partners.csv:1:12: found the column \"2nd\", expected "
		   "small letters, digits and underscores, a letter first");
	assert_one("id,company,reigon\n",
		   "partners.csv:1:12: found the column \"reigon\" and took it "
		   "for an attribute, did you mean \"region\"?");
	assert_non_null(rows);
	table = (struct str){ 0 };
	assert_fails(
	    campaign_partners_load(&files, a, &findings, &rows, &count, &err),
	    err, ERROR_NOT_FOUND, "partners.csv");
}

static void
rows_fit_the_header(void **state)
{
	(void)state;
	assert_good("id,company,,\nacme,Acme,,,,\n");
	assert_one("id,company,tier\nacme,Acme\n",
		   "partners.csv:2:1: found 2 fields, expected 3 as in the "
		   "first row");
	assert_one("id,company\nacme,Acme,x\n",
		   "partners.csv:2:11: found \"x\" in column 3, which has no "
		   "name, expected one in the first row");
	assert_one("id,company\nacme,\"Acme\" x\n",
		   "partners.csv:2:12: found stray text after a closing "
		   "quote, expected a separator or the end of the line");
}

static void
all_findings_come_at_once_with_their_places(void **state)
{
	(void)state;
	load(STR("company,id,time_zone,status\n"
		 "\xc3\x84"
		 "cme,acme,Europe/Berlin,active\n"
		 ",Bolt,Mars/Base,gone\n"
		 "Acme 2,acme,,\n"
		 "No id,,,\n"));
	assert_int_equal(findings.count, 6);
	assert_str(finding(0),
		   "partners.csv:3:2: id: found \"Bolt\", expected an id of "
		   "small letters, digits and hyphens between, at most 64");
	assert_str(finding(1),
		   "partners.csv:3:7: time_zone: found \"Mars/Base\", expected "
		   "a time zone, such as Europe/Berlin");
	assert_str(finding(2), "partners.csv:3:17: status: found \"gone\", "
			       "expected active or ended");
	assert_str(finding(3), "partners.csv:3:1: company: found nothing, "
			       "expected the partner's name");
	assert_str(finding(4),
		   "partners.csv:4:8: id: found \"acme\" a second time, "
		   "expected one row for a partner; the first is line 2");
	assert_str(finding(5), "partners.csv:5:7: id: found nothing, expected "
			       "the partner's id");
	assert_null(rows);
}

static void
bad_values_are_refused(void **state)
{
	static const struct {
		const char *column, *value, *part;
	} cases[] = {
		{ "tier", "very gold", "one word" },
		{ "country", "Germany", "two letters" },
		{ "country", "D1", "two letters" },
		{ "language", "german", "such as de" },
		{ "language", "d", "such as de" },
		{ "language", "de-", "such as de" },
		{ "time_zone", "../../etc/passwd", "Europe/Berlin" },
		{ "phone", "030 123456", "country's code" },
		{ "phone", "+49 30 CALL", "7 to 15 digits" },
		{ "phone", "+049 30 123456", "7 to 15 digits" },
		{ "phone", "+12", "7 to 15 digits" },
		{ "website", "acme.example", "https://" },
		{ "website", "javascript:alert(1)", "https://" },
		{ "website", "https://a b", "https://" },
		{ "website", "https://", "https://" },
		{ "owner_email", "ann@", "expected" },
		{ "lead_email", "ann@localhost", "expected" },
		{ "lead_email", "a@b.example, c@d.example", "expected" },
		{ "logo", "none.svg", "found no file assets/none.svg" },
		{ "logo", "fake.png", "assets/fake.png: found text/plain" },
		{ "logo", "../guidon.xml", "expected a name" },
		{ "status", "Active", "active or ended" },
		{ "street", "a\nb", "one line" },
		{ "city", "M\xfcnchen", "UTF-8" },
		{ "city", "M\xef\xbf\xbdnchen", "UTF-8" },
		{ "own", "a\tb", "own: found a control" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)

		assert_value(cases[i].column, cases[i].value, cases[i].part);
}

static void
what_spreadsheets_spoil_is_told(void **state)
{
	static const struct {
		const char *column, *value, *part;
	} cases[] = {
		{ "phone", "4.93012E+10", "spreadsheet takes a leading +" },
		{ "phone", "4930123456", "spreadsheet takes a leading +" },
		{ "postcode", "1.067E+05", "a spreadsheet rounded it" },
		{ "own", "#REF!", "a formula of a spreadsheet failed" },
		{ "street", "#NAME?", "a formula of a spreadsheet failed" },
	};
	static const char *const dates[] = {
		"3-Jan",      "Jan-03",	       "03.01.2026", "1/3/26",
		"2026-01-03", "3. M\xc3\xa4r", "1E+05",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_value(cases[i].column, cases[i].value, cases[i].part);
	for (size_t i = 0; i < COUNT_OF(dates); i++) {
		load(str_printf(a, "id,company\n%s,A\n", dates[i]));
		assert_int_equal(findings.count, 1);
		assert_true(str_find(findings.items[0].text,
				     STR("a spreadsheet made a date")) > 0);
	}
	assert_good("id,company\nacme-3-1,A\n3m,B\n1-2,C\n");
}

static void
a_postcode_that_lost_its_zeros_is_told(void **state)
{
	(void)state;
	assert_one("id,company,postcode,country\nacme,A,1067,DE\n",
		   "partners.csv:2:8: postcode: found \"1067\", expected 5 "
		   "digits for DE: a spreadsheet takes leading zeros away, "
		   "format the column as text");
	assert_good("id,company,postcode,country\n"
		    "a,A,1067,\nb,B,8001,CH\nc,C,SW1A 1AA,GB\nd,D,01067,DE\n"
		    "e,E,D-1067,DE\n");
}

static void
a_formula_is_text_with_a_warning(void **state)
{
	(void)state;
	assert_one("id,company\nacme,=1+1\n",
		   "partners.csv:2:6: found \"=1+1\", which a spreadsheet runs "
		   "as a formula; \"guidon partner fmt\" writes it as text");
	assert_non_null(rows);
	assert_str(rows->company, "=1+1");
	assert_good("id,company\nacme,'=1+1\n");
	assert_str(rows->company, "=1+1");
}

static void
what_is_written_reads_the_same(void **state)
{
	struct buf first = { 0 }, second = { 0 };

	(void)state;
	load(STR("company;id;b;phone;a\n"
		 "\"O; \"\"k\"\", l\";zeta;;0049 30 123456;x\n"
		 "@home;alpha;=2;;\n"));
	campaign_partners_write(rows, count, a, &first);
	assert_str(buf_view(&first),
		   "id,company,tier,region,country,language,time_zone,phone,"
		   "street,postcode,city,website,owner_name,owner_email,"
		   "lead_email,logo,replies,status,a,b\n"
		   "alpha,\"'@home\",,,,,,,,,,,,,,,,active,,\"'=2\"\n"
		   "zeta,\"O; \"\"k\"\", l\",,,,,,+4930123456,,,,,,,,,,active,"
		   "x,\n");
	load(buf_view(&first));
	assert_int_equal(findings.count, 0);
	campaign_partners_write(rows, count, a, &second);
	assert_str(buf_view(&second), buf_cstr(&first));
	buf_fini(&first);
	buf_fini(&second);
}

static void
there_is_an_end_of_findings(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_cat(&b, "id,company\n");
	for (int i = 0; i < 1000; i++)
		buf_cat(&b, "X,Y\n");
	load(buf_view(&b));
	assert_int_equal(findings.count, 201);
	assert_str(finding(200), "partners.csv:202:1: found 200 errors, the "
				 "rest is not listed");
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
		CASE(values_come_out_in_one_form),
		CASE(rows_are_found_by_id),
		CASE(a_header_alone_is_no_partner),
		CASE(the_header_is_checked),
		CASE(rows_fit_the_header),
		CASE(all_findings_come_at_once_with_their_places),
		CASE(bad_values_are_refused),
		CASE(what_spreadsheets_spoil_is_told),
		CASE(a_postcode_that_lost_its_zeros_is_told),
		CASE(a_formula_is_text_with_a_warning),
		CASE(what_is_written_reads_the_same),
		CASE(there_is_an_end_of_findings),
#undef CASE
	};

	crypto_init();
	xml_init();
	zone_init(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
