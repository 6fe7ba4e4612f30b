/*
 * The JSON parser. cJSON's own takes too much (leading zeros, control
 * characters, trailing text), loses digits, and needs 50 ms for a mebibyte of
 * "[0,0,0,...", where this one needs 7 for the same tree.
 */

#include <string.h>

#include "scim/json/scim_json_parse.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/core/scim_utf8.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_names.h"
#include "scim/json/scim_json_number.h"
#include "scim/json/scim_json_reader.h"
#include "scim/json/scim_json_string.h"


/* a tree of "[[[..." would be thirty times as large as its text; where there is
   a name or an id in quotes, a value has more bytes than this */
#define SCIM_JSON_VALUES   60000
#define SCIM_JSON_BYTES    12      /* for each value in a longer text */


static int scim_json_parse_value(scim_json_parser_t *ps, cJSON *item);
static int scim_json_parse_word(scim_json_parser_t *ps, cJSON *item,
    const char *word, int type);
static int scim_json_parse_text(scim_json_parser_t *ps, char **text);
static int scim_json_parse_array(scim_json_parser_t *ps, cJSON *array);
static int scim_json_parse_object(scim_json_parser_t *ps, cJSON *object);
static int scim_json_parse_member(scim_json_parser_t *ps, cJSON *item);
static int scim_json_parse_child(scim_json_parser_t *ps, cJSON *parent,
    cJSON **item);
static int scim_json_parse_open(scim_json_parser_t *ps);
static int scim_json_parse_next(scim_json_parser_t *ps, char close,
    const char *expected, int *more);


int
scim_json_parse(scim_alloc_t *a, const char *text, size_t len, cJSON **out,
    scim_error_t *err)
{
    size_t              bad;
    scim_json_parser_t  ps;

    ps.a = a;
    ps.start = text;
    ps.p = text;
    ps.end = text + len;
    ps.depth = 0;
    ps.room = len / SCIM_JSON_BYTES;
    ps.room = (ps.room < SCIM_JSON_VALUES) ? SCIM_JSON_VALUES : ps.room;
    ps.err = err;

    bad = scim_utf8_check(text, len);

    if (bad < len) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_SYNTAX,
                          "invalid JSON at byte %zu: invalid UTF-8", bad);
    }

    *out = scim_calloc(a, sizeof(cJSON));
    if (*out == NULL) {
        return scim_error_nomem(err);
    }

    scim_json_skip_space(&ps);

    if (scim_json_parse_value(&ps, *out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    scim_json_skip_space(&ps);

    if (ps.p < ps.end) {
        return scim_json_expected(&ps, "expected the end of the text");
    }

    return SCIM_OK;
}


static int
scim_json_parse_value(scim_json_parser_t *ps, cJSON *item)
{
    switch (ps->p < ps->end ? *ps->p : '\0') {

    case '{':
        return scim_json_parse_object(ps, item);

    case '[':
        return scim_json_parse_array(ps, item);

    case '"':
        item->type |= cJSON_String;
        return scim_json_parse_text(ps, &item->valuestring);

    case 't':
        item->valueint = 1;
        return scim_json_parse_word(ps, item, "true", cJSON_True);

    case 'f':
        return scim_json_parse_word(ps, item, "false", cJSON_False);

    case 'n':
        return scim_json_parse_word(ps, item, "null", cJSON_NULL);

    case '-':
    case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9':
        return scim_json_parse_number(ps, item);

    default:
        return scim_json_expected(ps, "expected a value");
    }
}


static int
scim_json_parse_word(scim_json_parser_t *ps, cJSON *item, const char *word,
    int type)
{
    size_t  len;

    len = strlen(word);

    if ((size_t) (ps->end - ps->p) < len || memcmp(ps->p, word, len) != 0) {
        return scim_json_expected(ps, "expected a value");
    }

    ps->p += len;
    item->type |= type;

    return SCIM_OK;
}


static int
scim_json_parse_text(scim_json_parser_t *ps, char **text)
{
    const char  *what;

    *text = scim_json_parse_string(ps->a, &ps->p, ps->end, &what);

    if (*text != NULL) {
        return SCIM_OK;
    }

    return what ? scim_json_expected(ps, what) : scim_error_nomem(ps->err);
}


static int
scim_json_parse_array(scim_json_parser_t *ps, cJSON *array)
{
    int     more;
    cJSON  *item;

    array->type |= cJSON_Array;

    if (scim_json_parse_open(ps) != SCIM_OK) {
        return SCIM_ERROR;
    }

    more = !scim_json_looking_at(ps, ']');
    ps->p += !more;

    while (more) {
        if (scim_json_parse_child(ps, array, &item) != SCIM_OK
            || scim_json_parse_value(ps, item) != SCIM_OK
            || scim_json_parse_next(ps, ']', "expected \",\" or \"]\"", &more)
               != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    ps->depth--;

    return SCIM_OK;
}


static int
scim_json_parse_object(scim_json_parser_t *ps, cJSON *object)
{
    int      more;
    cJSON   *item;
    size_t   n;

    object->type |= cJSON_Object;

    if (scim_json_parse_open(ps) != SCIM_OK) {
        return SCIM_ERROR;
    }

    more = !scim_json_looking_at(ps, '}');
    ps->p += !more;

    for (n = 0; more; n++) {
        if (scim_json_parse_child(ps, object, &item) != SCIM_OK
            || scim_json_parse_member(ps, item) != SCIM_OK
            || scim_json_parse_next(ps, '}', "expected \",\" or \"}\"", &more)
               != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    ps->depth--;

    return scim_json_check_names(ps, object, n);
}


static int
scim_json_parse_member(scim_json_parser_t *ps, cJSON *item)
{
    if (!scim_json_looking_at(ps, '"')) {
        return scim_json_expected(ps, "expected a member name in quotes");
    }

    if (scim_json_parse_text(ps, &item->string) != SCIM_OK) {
        return SCIM_ERROR;
    }

    scim_json_skip_space(ps);

    if (!scim_json_looking_at(ps, ':')) {
        return scim_json_expected(ps, "expected \":\"");
    }

    ps->p++;
    scim_json_skip_space(ps);

    return scim_json_parse_value(ps, item);
}


/* in cJSON the first child's prev is the last one */

static int
scim_json_parse_child(scim_json_parser_t *ps, cJSON *parent, cJSON **item)
{
    cJSON  *child;

    *item = child = scim_calloc(ps->a, sizeof(cJSON));
    if (child == NULL) {
        return scim_error_nomem(ps->err);
    }

    if (ps->room-- == 0) {
        return scim_json_expected(ps, "expected fewer values");
    }

    if (parent->child == NULL) {
        parent->child = child;

    } else {
        child->prev = parent->child->prev;
        child->prev->next = child;
    }

    parent->child->prev = child;

    return SCIM_OK;
}


static int
scim_json_parse_open(scim_json_parser_t *ps)
{
    if (ps->depth == SCIM_JSON_DEPTH) {
        return scim_json_expected(ps, "expected less nesting");
    }

    ps->depth++;
    ps->p++;
    scim_json_skip_space(ps);

    return SCIM_OK;
}


static int
scim_json_parse_next(scim_json_parser_t *ps, char close, const char *expected,
    int *more)
{
    scim_json_skip_space(ps);

    *more = scim_json_looking_at(ps, ',');

    if (!*more && !scim_json_looking_at(ps, close)) {
        return scim_json_expected(ps, expected);
    }

    ps->p++;

    if (*more) {
        scim_json_skip_space(ps);
    }

    return SCIM_OK;
}
