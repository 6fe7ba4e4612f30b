/*
 * The value that a filter compares with, by the type of the attribute.
 */

#include <stdlib.h>
#include <string.h>

#include "scim/filter/scim_literal.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/text/scim_datetime.h"
#include "scim/text/scim_fold.h"
#include "scim/text/scim_text.h"
#include "scim/json/scim_json_string.h"
#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_filter_reader.h"
#include "scim/filter/scim_filter_tree.h"


/* sets of operators */
#define SCIM_OPS_EQUAL        (1 << SCIM_EQ | 1 << SCIM_NE | 1 << SCIM_PR)
#define SCIM_OPS_PART         (1 << SCIM_CO | 1 << SCIM_SW | 1 << SCIM_EW)
#define SCIM_OPS_ORDER                                                        \
    (1 << SCIM_GT | 1 << SCIM_GE | 1 << SCIM_LT | 1 << SCIM_LE)
#define SCIM_OPS_ALL          (SCIM_OPS_EQUAL | SCIM_OPS_PART | SCIM_OPS_ORDER)


typedef struct {
    unsigned             ops;
    const char          *words;     /* the required form of a literal */
} scim_literal_type_t;


static int scim_literal_quoted(scim_filter_parser_t *ps, const char **text);
static int scim_literal_apostrophes(scim_filter_parser_t *ps,
    const char **text);
static int scim_literal_bare(scim_filter_parser_t *ps, const char **text);
static int scim_literal_is_quote(const char *word, size_t len);
static int scim_literal_convert(scim_filter_parser_t *ps, const char *at,
    const scim_attr_t *attr, scim_literal_t *value);
static int scim_literal_boolean(scim_literal_t *value);
static int scim_literal_number(scim_literal_t *value);


static const scim_literal_type_t  scim_literal_types[] = {
    /* STRING    */ { SCIM_OPS_ALL, "text" },
    /* BOOLEAN   */ { SCIM_OPS_EQUAL, "true or false" },
    /* DECIMAL   */ { SCIM_OPS_EQUAL | SCIM_OPS_ORDER, "a number" },
    /* INTEGER   */ { SCIM_OPS_EQUAL | SCIM_OPS_ORDER, "a number" },
    /* DATETIME  */ { SCIM_OPS_EQUAL | SCIM_OPS_ORDER,
                      "a dateTime such as \"2026-01-31T08:00:00Z\"" },
    /* BINARY    */ { SCIM_OPS_EQUAL | SCIM_OPS_PART, "base64 text" },
    /* REFERENCE */ { SCIM_OPS_ALL, "text" },
    /* COMPLEX   */ { 1 << SCIM_PR, NULL }
};


int
scim_literal_allows(scim_data_type_e type, scim_op_e op)
{
    return (scim_literal_types[type].ops & 1 << op) != 0;
}


int
scim_literal_parse(scim_filter_parser_t *ps, scim_filter_t *term)
{
    int          bare;
    const char  *at;

    scim_filter_skip_space(ps);
    at = ps->p;
    bare = (*at != '"' && *at != '\'');

    if (bare ? scim_literal_bare(ps, &term->value.text) != SCIM_OK
             : scim_literal_quoted(ps, &term->value.text) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (!bare || strcmp(term->value.text, "null") != 0) {
        return scim_literal_convert(ps, at, term->attr, &term->value);
    }

    if (term->op != SCIM_EQ && term->op != SCIM_NE) {
        return scim_filter_fail(ps, at, "null goes only with eq and ne");
    }

    term->value.kind = SCIM_LITERAL_NULL;

    return SCIM_OK;
}


static int
scim_literal_quoted(scim_filter_parser_t *ps, const char **text)
{
    const char  *what;

    if (*ps->p == '\'') {
        return scim_literal_apostrophes(ps, text);
    }

    *text = scim_json_parse_string(ps->a, &ps->p, ps->end, &what);

    if (*text != NULL) {
        return SCIM_OK;
    }

    return what ? scim_filter_fail(ps, ps->p, "%s", what)
                : scim_error_nomem(ps->err);
}


/*
 * Turns text between apostrophes, as some clients and references have it, into
 * text between quotes. A backslash stands before a literal character, "\'"
 * too.
 */

static int
scim_literal_apostrophes(scim_filter_parser_t *ps, const char **text)
{
    char        *json, *q;
    size_t       len;
    const char  *p, *what, *at;

    for (p = ps->p + 1; *p != '\0' && *p != '\''; p++) {
        p += (*p == '\\' && p[1] != '\0');
    }

    if (*p == '\0') {
        return scim_filter_fail(ps, p, "expected \"'\", but there it ends");
    }

    len = p - ps->p;
    json = q = scim_alloc(ps->a, 2 * len + 2);
    if (json == NULL) {
        return scim_error_nomem(ps->err);
    }

    *q++ = '"';

    for (at = ps->p + 1; at < p; at++) {
        if (*at == '"' || (*at == '\\' && at[1] != '\'')) {
            *q++ = '\\';
            *q++ = (*at == '"') ? '"' : *++at;

        } else if (*at != '\\') {
            *q++ = *at;
        }
    }

    *q++ = '"';
    at = json;

    *text = scim_json_parse_string(ps->a, &at, q, &what);

    if (*text == NULL) {
        return what ? scim_filter_fail(ps, ps->p, "%s", what)
                    : scim_error_nomem(ps->err);
    }

    ps->p = p + 1;

    if (*ps->p != '\0' && strchr(" \t)]", *ps->p) == NULL) {
        return scim_filter_expected(ps, "\"and\", \"or\" or the end: in text "
                                    "between apostrophes one is \"\\'\"");
    }

    return SCIM_OK;
}


static int
scim_literal_bare(scim_filter_parser_t *ps, const char **text)
{
    size_t  len;

    len = strcspn(ps->p, " \t)]");

    if (len == 0 || *ps->p == '(' || *ps->p == '['
        || memchr(ps->p, '"', len) != NULL || scim_literal_is_quote(ps->p, len))
    {
        return scim_filter_expected(ps, "a value, text in quotes");
    }

    *text = scim_strndup(ps->a, ps->p, len);
    if (*text == NULL) {
        return scim_error_nomem(ps->err);
    }

    ps->p += len;

    return SCIM_OK;
}


/* Returns 1 if a word begins or ends with a quotation mark that JSON lacks. */

static int
scim_literal_is_quote(const char *word, size_t len)
{
    size_t       i, n;
    const char  *mark;

    static const char  *marks[] = {
        "'", "`", "\xc2\xb4", "\xc2\xab", "\xc2\xbb",
        "\xe2\x80\x98", "\xe2\x80\x99", "\xe2\x80\x9a", "\xe2\x80\x9b",
        "\xe2\x80\x9c", "\xe2\x80\x9d", "\xe2\x80\x9e", "\xe2\x80\x9f",
        "\xe2\x80\xb9", "\xe2\x80\xba"
    };

    for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        mark = marks[i];
        n = strlen(mark);

        if (len >= n && (memcmp(word, mark, n) == 0
                         || memcmp(word + len - n, mark, n) == 0))
        {
            return 1;
        }
    }

    return 0;
}


static int
scim_literal_convert(scim_filter_parser_t *ps, const char *at,
    const scim_attr_t *attr, scim_literal_t *value)
{
    int  rc;

    switch (attr->type) {

    case SCIM_BOOLEAN:
        rc = scim_literal_boolean(value);
        break;

    case SCIM_DECIMAL:
    case SCIM_INTEGER:
        rc = scim_literal_number(value);
        break;

    case SCIM_DATETIME:
        value->kind = SCIM_LITERAL_DATETIME;
        rc = scim_datetime_parse(value->text, &value->usec);
        break;

    default:
        value->kind = SCIM_LITERAL_STRING;
        value->folded = scim_fold(ps->a, value->text, attr->case_exact);
        return value->folded ? SCIM_OK : scim_error_nomem(ps->err);
    }

    if (rc != SCIM_OK) {
        return scim_filter_fail(ps, at, "\"%s\" is compared with %s, not "
                                "\"%.64s\"", attr->name,
                                scim_literal_types[attr->type].words,
                                value->text);
    }

    return SCIM_OK;
}


static int
scim_literal_boolean(scim_literal_t *value)
{
    value->kind = SCIM_LITERAL_BOOLEAN;
    value->number = scim_name_eq(value->text, "true");

    return (value->number != 0 || scim_name_eq(value->text, "false"))
           ? SCIM_OK : SCIM_ERROR;
}


static int
scim_literal_number(scim_literal_t *value)
{
    value->kind = SCIM_LITERAL_NUMBER;
    value->number = strtod(value->text, NULL);

    return scim_number_check(value->text, 0) ? SCIM_OK : SCIM_ERROR;
}
