/*
 * What a value may be where it stands: the way to escape it, or why none may
 * stand there.
 */
#include "base/check.h"
#include "liquid/liquid_spot_priv.h"

static const char *
in_value(struct liquid_spot *spot, unsigned *escape)
{
	*escape = ESCAPE_IN_ATTRIBUTE;
	switch ((enum spot_attribute)spot->attribute) {
	case ATTRIBUTE_URL:
		return spot_url_value(&spot->url, escape);
	case ATTRIBUTE_CODE:
		return spot_code_value(spot->url, escape);
	case ATTRIBUTE_STYLE:
		return spot_css_value(spot, escape);
	case ATTRIBUTE_SRCSET:
		*escape = ESCAPE_SRCSET;
		return NULL;
	case ATTRIBUTE_EVENT:
		return "a value in an event handler, expected it in a script "
		       "element";
	case ATTRIBUTE_CLOSED:
	case ATTRIBUTE_EQUIV:
	case ATTRIBUTE_TYPE:
		return "a value in an attribute that changes what the element "
		       "is, expected fixed text";
	case ATTRIBUTE_RIGHTS:
	case ATTRIBUTE_REL:
		return "a value in an attribute that says what a page, frame, "
		       "link or script may do, expected fixed text, which an "
		       "if of the template may choose";
	case ATTRIBUTE_CONTENT:
		spot->has_content = true;
		break;
	case ATTRIBUTE_PLAIN:
		break;
	}
	*escape = ESCAPE_ATTRIBUTE;
	return NULL;
}

static const char *
in_raw(struct liquid_spot *spot, unsigned *escape)
{
	if (spot->around.foreign && spot->element != ELEMENT_TITLE)
		return "a value in a style sheet or script of svg or math, or "
		       "behind one with HTML in it, expected it outside or in "
		       "an attribute such as fill or style";
	switch ((enum spot_element)spot->element) {
	case ELEMENT_TITLE:
	case ELEMENT_TEXTAREA:
		*escape = ESCAPE_ATTRIBUTE;
		return NULL;
	case ELEMENT_STYLE:
		return spot_css_value(spot, escape);
	case ELEMENT_SCRIPT:
		if (spot->script != SCRIPT_OTHER)
			return spot_js_value(spot, escape);
		return "a value in a script of a type that takes none, "
		       "expected text/javascript, module, application/json or "
		       "application/ld+json";
	default:
		return "a value in an element whose content is not read, "
		       "expected it outside";
	}
}

static unsigned
in_plain(enum liquid_context context)
{
	static const uint8_t escapes[] = {
		[LIQUID_TEXT] = ESCAPE_NOTHING, [LIQUID_HEADER] = ESCAPE_HEADER,
		[LIQUID_ICS] = ESCAPE_ICS,	[LIQUID_CSV] = ESCAPE_CSV,
		[LIQUID_PDF] = ESCAPE_PDF,
	};

	check((size_t)context < COUNT_OF(escapes));
	return escapes[context];
}

const char *
liquid_spot_value(struct liquid_spot *spot, unsigned *escape)
{
	*escape = 0;
	switch ((enum spot_state)spot->state) {
	case SPOT_PLAIN:
		*escape = in_plain((enum liquid_context)spot->inner);
		return NULL;
	case SPOT_SCRIPT:
		return spot_js_value(spot, escape);
	case SPOT_TEXT:
		*escape = ESCAPE_HTML;
		return NULL;
	case SPOT_COMMENT:
		*escape = ESCAPE_ATTRIBUTE;
		return NULL;
	case SPOT_VALUE:
		return in_value(spot, escape);
	case SPOT_RAW:
		return in_raw(spot, escape);
	case SPOT_BEFORE_VALUE:
	case SPOT_UNQUOTED:
		return "a value in an attribute without quotes, expected "
		       "quotes around it";
	case SPOT_DECLARATION:
		return "a value in a declaration, expected it between tags";
	default:
		return "a value in a tag, expected it in the quotes of an "
		       "attribute";
	}
}
