#include "xml/xml.h"

#include "base/arena.h"
#include "test.h"

static const char colours_xsd[] =
    "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'"
    " elementFormDefault='qualified' targetNamespace='urn:test:1'"
    " xmlns:t='urn:test:1'>"
    "<xs:import namespace='http://www.w3.org/XML/1998/namespace'"
    " schemaLocation='xml.xsd'/>"
    "<xs:element name='colours'><xs:complexType><xs:sequence>"
    "<xs:element ref='t:colour' maxOccurs='unbounded'/>"
    "<xs:element name='note' minOccurs='0' type='xs:string'/>"
    "</xs:sequence></xs:complexType></xs:element>"
    "<xs:element name='colour'><xs:complexType mixed='true'>"
    "<xs:attribute name='name' use='required'/>"
    "<xs:attribute name='kind'><xs:simpleType>"
    "<xs:restriction base='xs:token'><xs:enumeration value='warm'/>"
    "<xs:enumeration value='cold'/></xs:restriction>"
    "</xs:simpleType></xs:attribute>"
    "<xs:attribute ref='xml:lang'/>"
    "</xs:complexType></xs:element></xs:schema>";

#define ROOT "<colours xmlns='urn:test:1'>"

static struct arena *a;
static struct xml_schema *schema;
static struct error err;
static struct buf seen;

static int
begin(void **state)
{
	(void)state;
	xml_init();
	a = arena_new();
	return xml_schema_new(&schema, str_of(colours_xsd), &err);
}

static int
end(void **state)
{
	(void)state;
	xml_schema_free(&schema);
	arena_free(&a);
	buf_fini(&seen);
	return 0;
}

static void
note(void *arg, int line, int column, const char *text)
{
	(void)arg;
	buf_printf(&seen, "%d:%d: %s\n", line, column, text);
}

static int
parse(struct str bytes, const struct xml_schema *with,
      const struct xml_node **root)
{
	static const struct xml_report report = { .report = note };

	buf_clear(&seen);
	err = (struct error){ 0 };
	return xml_parse(a, "f.xml", bytes, with, &report, root, &err);
}

static void
assert_findings(struct str bytes, const struct xml_schema *with,
		const char *expected)
{
	const struct xml_node *root = NULL;

	assert_true(parse(bytes, with, &root) < 0);
	assert_string_equal(buf_cstr(&seen), expected);
}

static void
a_tree_knows_where_things_stand(void **state)
{
	const struct xml_node *root, *n;

	(void)state;
	assert_ok(parse(STR("<?xml version='1.0'?>\n<a x='1'\n  y = \"&lt;"
			    "&amp;#38;\">\n <b xml:lang='de'>\n  \xc3\xa4 "
			    "&amp; <![CDATA[<o>]]></b><c/></a>"),
			NULL, &root),
		  err);
	assert_str(root->name, "a");
	assert_int_equal(root->line, 2);
	assert_int_equal(root->column, 1);
	assert_str(xml_attribute(root, "y"), "<&#38;");
	assert_int_equal(xml_find_attribute(root, "x")->column, 4);
	assert_int_equal(xml_find_attribute(root, "y")->line, 3);
	assert_int_equal(xml_find_attribute(root, "y")->column, 3);
	n = xml_child(root, NULL);
	assert_str(n->name, "b");
	assert_int_equal(n->line, 4);
	assert_int_equal(n->column, 2);
	assert_str(xml_text(a, n), "\xc3\xa4 & <o>");
	assert_int_equal(n->first->line, 5);
	assert_int_equal(n->first->column, 3);
	n = xml_next(n, NULL);
	assert_str(n->name, "c");
	assert_int_equal(n->line, 5);
	assert_int_equal(n->column, 30);
	assert_true(n->parent == root);
	assert_null(xml_next(n, NULL));
}

/* What stands in it is told where it stands. */
static void
character_data_begins_behind_its_mark(void **state)
{
	const struct xml_node *root;

	(void)state;
	assert_ok(parse(STR("<a>\n <![CDATA[ b]]> c</a>"), NULL, &root), err);
	assert_int_equal(root->first->line, 2);
	assert_int_equal(root->first->column, 12);
	assert_str(xml_text(a, root), "b c");
}

/* The place of each of `of` in the text of the only element. */
static void
assert_places(const char *xml, const char *of, const char *places)
{
	const struct xml_node *root;
	struct buf b = { 0 };
	struct origin origin;
	struct str text;

	assert_ok(parse(str_of(xml), NULL, &root), err);
	text = xml_text(a, root);
	origin = xml_text_origin(a, root);
	for (const char *c = of; *c; c++) {
		ptrdiff_t at = str_find_char(text, *c);
		struct origin_mark m =
		    origin_find(&origin, text, at < 0 ? text.len : (size_t)at);

		buf_printf(&b, "%d:%d ", m.line, m.column);
	}
	assert_string_equal(buf_cstr(&b), places);
	buf_fini(&b);
}

/* "$" is not in the text: where it ends. */
static void
each_character_has_the_place_where_it_is_written(void **state)
{
	(void)state;
	assert_places("<a> xy\n z</a>", "xyz$", "1:5 1:6 2:2 2:3 ");
	assert_places("<a>&amp;x &#228;&#xe4;y</a>", "&x y$",
		      "1:4 1:9 1:10 1:23 1:24 ");
	assert_places("<a>x&lt;\ny&gt;</a>", "x<y>$", "1:4 1:5 2:1 2:2 2:6 ");
	assert_places("<a>\n <![CDATA[ &x<]]>y<?p?>z</a>", "&x<yz$",
		      "2:12 2:13 2:14 2:18 2:24 2:25 ");
	assert_places("<a><!-- &\n -->x<!--y-->&quot;z</a>", "x\"z$",
		      "2:5 2:14 2:20 2:21 ");
	assert_places("<a>\r\n\r&#10;x\r\ny\xc3\xa4z</a>", "xyz",
		      "3:6 4:1 4:3 ");
	assert_places("<a>&#160;x</a>", "x", "1:10 ");
	assert_places("<a></a>", "$", "1:1 ");
}

static void
a_byte_order_mark_is_passed_over(void **state)
{
	const struct xml_node *root;

	(void)state;
	assert_ok(parse(STR("\xef\xbb\xbf<a/>"), NULL, &root), err);
	assert_int_equal(root->column, 1);
}

static void
all_faults_of_a_file_are_reported(void **state)
{
	(void)state;
	assert_findings(
	    STR(ROOT "\n"
		     " <colour name='red' knid='warm'/>\n"
		     " <colour kind='wram'/>\n"
		     " <color name='x'/>\n"
		     "</colours>"),
	    schema,
	    "2:21: found the attribute \"knid\" in <colour>, did you mean "
	    "\"kind\"?\n"
	    "3:10: found kind=\"wram\", did you mean \"warm\"?\n"
	    "3:2: found <colour> without \"name\", expected this attribute\n"
	    "4:2: found <color>, expected <colour> or <note>; did you mean "
	    "<colour>?\n");
	assert_string_equal(err.text, "f.xml:2:21: found the attribute "
				      "\"knid\" in <colour>, did you mean "
				      "\"kind\"?");
	assert_findings(STR(ROOT "\n</colours>"), schema,
			"1:1: found the end of <colours>, expected <colour> "
			"in it before\n");
	assert_findings(STR(ROOT "<colour name='x' zzz='1'/></colours>"),
			schema,
			"1:46: found the attribute \"zzz\" in <colour>, "
			"expected \"name\", \"kind\" or \"xml:lang\"\n");
	assert_findings(
	    STR(ROOT "x<colour name='x' xml:lang='!'/></colours>"), schema,
	    "1:1: found text in <colours>, expected elements "
	    "alone or nothing\n"
	    "1:47: found xml:lang=\"!\", expected a value of the type language\n");
}

static void
a_fault_hides_no_other(void **state)
{
	(void)state;
	assert_findings(
	    STR(ROOT "\n"
		     " <color name='red' kind='wram'/>\n"
		     " <colour name='x'/>\n"
		     " <shape name='x'/>\n"
		     " <colour nmae='x'/>\n"
		     " <colour name='x' kind='clod'/>\n"
		     " <blob/>\n"
		     "</colours>"),
	    schema,
	    "2:2: found <color>, expected <colour>\n"
	    "2:20: found kind=\"wram\", did you mean \"warm\"?\n"
	    "4:2: found <shape>, expected <colour> or <note>\n"
	    "5:10: found the attribute \"nmae\" in <colour>, did you mean "
	    "\"name\"?\n"
	    "5:2: found <colour> without \"name\", expected this attribute\n"
	    "6:19: found kind=\"clod\", did you mean \"cold\"?\n"
	    "7:2: found <blob>, expected <colour> or <note>\n");
	assert_findings(STR(ROOT "<note/><colour kind='clod'/></colours>"),
			schema,
			"1:29: found <note>, expected <colour>\n"
			"1:44: found kind=\"clod\", did you mean \"cold\"?\n"
			"1:36: found <colour> without \"name\", expected this "
			"attribute\n");
}

static void
a_tree_is_given_for_a_file_with_faults(void **state)
{
	const struct xml_node *root;

	(void)state;
	assert_true(parse(STR(ROOT "<color name='x'/><shape/></colours>"),
			  schema, &root) < 0);
	assert_non_null(root);
	assert_str(xml_attribute(xml_child(root, "colour"), "name"), "x");
	assert_non_null(xml_child(root, "shape"));
}

static void
what_is_before_a_breach_is_checked(void **state)
{
	const struct xml_node *root;

	(void)state;
	assert_findings(STR(ROOT "<colour kind='clod'/><colour></x></colours>"),
			schema,
			"1:37: found kind=\"clod\", did you mean \"cold\"?\n"
			"1:29: found <colour> without \"name\", expected this "
			"attribute\n"
			"1:50: found <colour> without \"name\", expected this "
			"attribute\n"
			"1:58: found </x>, expected </colour> for the <colour> "
			"of line 1\n");
	assert_true(parse(STR(ROOT "<colour></x></colours>"), schema, &root) <
		    0);
	assert_null(root);
}

static void
faults_beyond_the_limit_are_counted_no_more(void **state)
{
	const struct xml_node *root;
	struct buf b = { 0 };
	struct str rest, line;
	int lines = 0;

	(void)state;
	buf_cat(&b, ROOT);
	for (int i = 0; i < 2 * XML_FINDINGS_MAX; i++)
		buf_cat(&b, "<colour/>");
	buf_cat(&b, "</colours>");
	assert_true(parse(buf_view(&b), schema, &root) < 0);
	for (rest = buf_view(&seen); str_split(&rest, '\n', &line);)
		lines += line.len > 0;
	assert_int_equal(lines, XML_FINDINGS_MAX);
	assert_null(root);
	buf_fini(&b);
}

static void
another_namespace_is_named(void **state)
{
	(void)state;
	assert_findings(STR("\n<colours/>"), schema,
			"2:1: found <colours> without a namespace, expected "
			"xmlns=\"urn:test:1\"\n");
	assert_findings(STR("<colours xmlns='urn:test:2'/>"), schema,
			"1:1: found <colours xmlns=\"urn:test:2\">, expected "
			"xmlns=\"urn:test:1\"\n");
	assert_findings(STR("<x xmlns='urn:test:1'/>"), schema,
			"1:1: found <x> as the root, expected another "
			"element\n");
}

static void
what_is_not_well_formed_ends_the_file(void **state)
{
	(void)state;
	assert_findings(STR("<a>\n<b></c></a>"), NULL,
			"2:4: found </c>, expected </b> for the <b> of line "
			"2\n");
	assert_findings(STR("<a>&nbsp;</a>"), NULL,
			"1:4: found &nbsp; expected one of &amp; &lt; &gt; "
			"&quot; &apos; or a number such as &#160;\n");
	assert_findings(STR("<a>R & D</a>"), NULL,
			"1:6: found \"&\" as a text, expected &amp; for it\n");
	assert_findings(STR("<a>\n3 < 4</a>"), NULL,
			"2:3: found \"<\" as a text, expected &lt; for it\n");
	assert_findings(STR(""), NULL,
			"1:1: found an empty file, expected XML\n");
	assert_int_equal(err.code, ERROR_INVALID);
}

static void
encodings_other_than_utf8_are_refused(void **state)
{
	(void)state;
	assert_findings(STR("<a>\n \xe4</a>"), NULL,
			"2:2: found the byte 0xe4, expected UTF-8\n");
	assert_findings(STR("\xff\xfe<\0a\0/\0>\0"), NULL,
			"1:1: found UTF-16, expected UTF-8\n");
	assert_findings(STR("<?xml version='1.0' encoding='ISO-8859-1'?><a/>"),
			NULL,
			"1:1: found encoding=\"ISO-8859-1\", expected "
			"\"UTF-8\"\n");
	assert_findings(STR("<a>\0</a>"), NULL,
			"1:4: found the byte 0x00, expected UTF-8\n");
}

#define DOCTYPE_REFUSED                                                    \
	"found a DOCTYPE, expected none: a file declares no entities and " \
	"reads no other file\n"

static void
a_doctype_is_refused_whatever_it_declares(void **state)
{
	(void)state;
	assert_findings(STR("<!DOCTYPE a [<!ENTITY x SYSTEM "
			    "'file:///etc/passwd'>]><a>&x;</a>"),
			NULL, "1:1: " DOCTYPE_REFUSED);
	assert_findings(STR("<!DOCTYPE a [<!ENTITY l 'ha'><!ENTITY m "
			    "'&l;&l;&l;&l;'><!ENTITY n '&m;&m;&m;&m;'>]>"
			    "<a>&n;</a>"),
			schema, "1:1: " DOCTYPE_REFUSED);
	assert_findings(STR("<?xml version='1.0'?>\n <!DOCTYPE a SYSTEM "
			    "'http://127.0.0.1/a.dtd'><a/>"),
			NULL, "2:2: " DOCTYPE_REFUSED);
	assert_findings(STR("<!DOCTYPE a [<!ENTITY % p SYSTEM 'p.dtd'>%p;]>"
			    "<a/>"),
			NULL, "1:1: " DOCTYPE_REFUSED);
}

static void
a_schema_opens_no_file(void **state)
{
	struct xml_schema *other = NULL;

	(void)state;
	assert_fails(
	    xml_schema_new(
		&other,
		STR("<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>"
		    "<xs:include schemaLocation='/etc/passwd'/></xs:schema>"),
		&err),
	    err, ERROR_INTERNAL, "/etc/passwd");
	assert_null(other);
	err = (struct error){ 0 };
	assert_fails(xml_schema_new(&other, STR("<a/>"), &err), err,
		     ERROR_INTERNAL, "");
}

static void
depth_and_size_are_bounded(void **state)
{
	const struct xml_node *root;
	struct buf b = { 0 };

	(void)state;
	for (int i = 0; i <= XML_DEPTH_MAX; i++)
		buf_cat(&b, "<a>");
	for (int i = 0; i <= XML_DEPTH_MAX; i++)
		buf_cat(&b, "</a>");
	assert_fails(parse(buf_view(&b), NULL, &root), err, ERROR_LIMIT,
		     "1:193: found <a> below 64 others");
	buf_clear(&b);
	memset(buf_grow(&b, XML_FILE_MAX + 1), ' ', XML_FILE_MAX + 1);
	assert_fails(parse(buf_view(&b), NULL, &root), err, ERROR_LIMIT,
		     "at most 5242880");
	buf_fini(&b);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_knows_where_things_stand),
		cmocka_unit_test(character_data_begins_behind_its_mark),
		cmocka_unit_test(
		    each_character_has_the_place_where_it_is_written),
		cmocka_unit_test(a_byte_order_mark_is_passed_over),
		cmocka_unit_test(all_faults_of_a_file_are_reported),
		cmocka_unit_test(a_fault_hides_no_other),
		cmocka_unit_test(a_tree_is_given_for_a_file_with_faults),
		cmocka_unit_test(what_is_before_a_breach_is_checked),
		cmocka_unit_test(faults_beyond_the_limit_are_counted_no_more),
		cmocka_unit_test(another_namespace_is_named),
		cmocka_unit_test(what_is_not_well_formed_ends_the_file),
		cmocka_unit_test(encodings_other_than_utf8_are_refused),
		cmocka_unit_test(a_doctype_is_refused_whatever_it_declares),
		cmocka_unit_test(a_schema_opens_no_file),
		cmocka_unit_test(depth_and_size_are_bounded),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
