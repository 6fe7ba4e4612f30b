/*
 * The filter parser: recursive descent over the grammar of RFC 7644, figure 1.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scim/filter/scim_filter.h"
#include "scim/json/scim_json.h"
#include "scim/schema/scim_path.h"
#include "scim/resource/scim_projection.h"
#include "scim/text/scim_text.h"


/* what a word in a filter ends at */
#define SCIM_FILTER_STOP      " \t()[]\""

/* sets of operators */
#define SCIM_OPS_EQUAL        (1 << SCIM_EQ | 1 << SCIM_NE | 1 << SCIM_PR)
#define SCIM_OPS_PART         (1 << SCIM_CO | 1 << SCIM_SW | 1 << SCIM_EW)
#define SCIM_OPS_ORDER                                                        \
    (1 << SCIM_GT | 1 << SCIM_GE | 1 << SCIM_LT | 1 << SCIM_LE)
#define SCIM_OPS_ALL          (SCIM_OPS_EQUAL | SCIM_OPS_PART | SCIM_OPS_ORDER)


typedef struct {
    scim_alloc_t           *a;
    const scim_registry_t  *reg;        /* NULL: names of rt alone */
    const scim_rtype_t     *rt;
    const scim_attr_t      *complex;    /* inside a value path: names are its
                                           sub-attributes */
    const char             *start;
    const char             *p;
    const char             *end;
    int                     depth;
    int                     terms;
    scim_type_e             type;       /* of errors */
    scim_error_t           *err;
} scim_filter_parser_t;


typedef struct {
    unsigned             ops;
    const char          *words;     /* what a literal must be */
} scim_filter_type_t;


static int scim_filter_or(scim_filter_parser_t *ps, scim_filter_t **out);
static int scim_filter_and(scim_filter_parser_t *ps, scim_filter_t **out);
static int scim_filter_factor(scim_filter_parser_t *ps, scim_filter_t **out);
static int scim_filter_group(scim_filter_parser_t *ps, char close,
    scim_filter_t **out);
static int scim_filter_term(scim_filter_parser_t *ps, scim_filter_t **out);
static const scim_attr_t *scim_filter_attr(scim_filter_parser_t *ps);
static int scim_filter_value_path(scim_filter_parser_t *ps,
    const scim_attr_t *attr, scim_filter_t **out);
static int scim_filter_compare(scim_filter_parser_t *ps, const char *name,
    const scim_attr_t *attr, scim_filter_t **out);
static int scim_filter_op(scim_filter_parser_t *ps, scim_op_e *op);
static int scim_filter_target(scim_filter_parser_t *ps, const char *name,
    scim_op_e op, const scim_attr_t **attr);
static int scim_filter_name_subs(scim_filter_parser_t *ps, const char *name,
    const scim_attr_t *attr);
static int scim_filter_literal(scim_filter_parser_t *ps, scim_filter_t *term);
static int scim_filter_quoted(scim_filter_parser_t *ps, const char **text);
static int scim_filter_apostrophes(scim_filter_parser_t *ps,
    const char **text);
static int scim_filter_bare(scim_filter_parser_t *ps, const char **text);
static int scim_filter_is_quote(const char *word, size_t len);
static int scim_filter_convert(scim_filter_parser_t *ps, const char *at,
    const scim_attr_t *attr, scim_literal_t *value);
static int scim_literal_boolean(scim_literal_t *value);
static int scim_literal_number(scim_literal_t *value);
static int scim_filter_node(scim_filter_parser_t *ps, scim_filter_kind_e kind,
    scim_filter_t *left, scim_filter_t *right, scim_filter_t **out);
static int scim_filter_keyword(scim_filter_parser_t *ps, const char *word);
static void scim_filter_skip_space(scim_filter_parser_t *ps);
static int scim_filter_expected(scim_filter_parser_t *ps, const char *what);
static int scim_filter_fail(scim_filter_parser_t *ps, const char *at,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));


static const char  *scim_filter_ops[] = {
    "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"
};

static const scim_filter_type_t  scim_filter_types[] = {
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
scim_filter_parse(scim_alloc_t *a, const scim_rtype_t *rt, const char *text,
    scim_filter_t **out, scim_error_t *err)
{
    return scim_filter_parse_across(a, NULL, rt, text, out, err);
}


int
scim_filter_parse_across(scim_alloc_t *a, const scim_registry_t *reg,
    const scim_rtype_t *rt, const char *text, scim_filter_t **out,
    scim_error_t *err)
{
    size_t                len, bad;
    scim_filter_parser_t  ps;

    len = strlen(text);

    memset(&ps, 0, sizeof(scim_filter_parser_t));
    ps.a = a;
    ps.reg = reg;
    ps.rt = rt;
    ps.start = text;
    ps.p = text;
    ps.end = text + len;
    ps.type = SCIM_TYPE_INVALID_FILTER;
    ps.err = err;

    if (len > SCIM_FILTER_LENGTH) {
        return scim_filter_fail(&ps, text + SCIM_FILTER_LENGTH,
                                "a filter has at most %d bytes",
                                SCIM_FILTER_LENGTH);
    }

    bad = scim_utf8_check(text, len);

    if (bad < len) {
        return scim_filter_fail(&ps, text + bad, "invalid UTF-8");
    }

    if (scim_filter_or(&ps, out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    scim_filter_skip_space(&ps);

    if (ps.p < ps.end) {
        return scim_filter_expected(&ps, "\"and\", \"or\" or the end");
    }

    return SCIM_OK;
}


int
scim_filter_parse_inner(scim_alloc_t *a, const scim_attr_t *attr,
    const char *start, const char **text, scim_filter_t **out,
    scim_error_t *err)
{
    scim_filter_parser_t  ps;

    memset(&ps, 0, sizeof(scim_filter_parser_t));
    ps.a = a;
    ps.complex = attr;
    ps.start = start;
    ps.p = *text;
    ps.end = *text + strlen(*text);
    ps.type = SCIM_TYPE_INVALID_PATH;
    ps.err = err;

    if (scim_filter_or(&ps, out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    scim_filter_skip_space(&ps);

    if (*ps.p != ']') {
        return scim_filter_expected(&ps, "\"and\", \"or\" or \"]\"");
    }

    *text = ps.p;

    return SCIM_OK;
}


static int
scim_filter_or(scim_filter_parser_t *ps, scim_filter_t **out)
{
    scim_filter_t  *right = NULL;

    if (scim_filter_and(ps, out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    while (scim_filter_keyword(ps, "or")) {
        if (scim_filter_and(ps, &right) != SCIM_OK
            || scim_filter_node(ps, SCIM_FILTER_OR, *out, right, out)
               != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_filter_and(scim_filter_parser_t *ps, scim_filter_t **out)
{
    scim_filter_t  *right = NULL;

    if (scim_filter_factor(ps, out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    while (scim_filter_keyword(ps, "and")) {
        if (scim_filter_factor(ps, &right) != SCIM_OK
            || scim_filter_node(ps, SCIM_FILTER_AND, *out, right, out)
               != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_filter_factor(scim_filter_parser_t *ps, scim_filter_t **out)
{
    int  negated;

    negated = scim_filter_keyword(ps, "not");

    scim_filter_skip_space(ps);

    if (*ps->p != '(') {
        return negated ? scim_filter_expected(ps, "\"(\" after \"not\"")
                       : scim_filter_term(ps, out);
    }

    if (scim_filter_group(ps, ')', out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (negated) {
        return scim_filter_node(ps, SCIM_FILTER_NOT, *out, NULL, out);
    }

    return SCIM_OK;
}


/* from an opening bracket to behind the closing one */

static int
scim_filter_group(scim_filter_parser_t *ps, char close, scim_filter_t **out)
{
    if (ps->depth == SCIM_FILTER_DEPTH) {
        return scim_filter_fail(ps, ps->p, "nested deeper than %d",
                                SCIM_FILTER_DEPTH);
    }

    ps->depth++;
    ps->p++;

    if (scim_filter_or(ps, out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    scim_filter_skip_space(ps);

    if (*ps->p != close) {
        return scim_filter_expected(ps, (close == ')')
                                        ? "\"and\", \"or\" or \")\""
                                        : "\"and\", \"or\" or \"]\"");
    }

    ps->depth--;
    ps->p++;

    return SCIM_OK;
}


static int
scim_filter_term(scim_filter_parser_t *ps, scim_filter_t **out)
{
    const char         *name;
    const scim_attr_t  *attr;

    name = ps->p;

    if (++ps->terms > SCIM_FILTER_TERMS) {
        return scim_filter_fail(ps, name, "more than %d comparisons",
                                SCIM_FILTER_TERMS);
    }

    attr = scim_filter_attr(ps);
    if (attr == NULL) {
        return SCIM_ERROR;
    }

    if (*ps->p != '[') {
        return scim_filter_compare(ps, name, attr, out);
    }

    if (attr->type != SCIM_COMPLEX) {
        return scim_filter_fail(ps, name, "\"%s\" has no sub-attributes",
                                attr->name);
    }

    return scim_filter_value_path(ps, attr, out);
}


/* NULL with the error */

static const scim_attr_t *
scim_filter_attr(scim_filter_parser_t *ps)
{
    size_t              len;
    const scim_attr_t  *attr;

    len = strcspn(ps->p, SCIM_FILTER_STOP);

    if (len == 0) {
        (void) scim_filter_expected(ps, "an attribute name");
        return NULL;
    }

    attr = ps->complex ? scim_attr_sub(ps->complex, ps->p, len)
                       : scim_path_find(ps->reg, ps->rt, ps->p, len);

    if (attr == NULL) {
        (void) scim_filter_fail(ps, ps->p, "%s has %s attribute \"%.*s\"",
                                ps->complex ? ps->complex->name
                                : ps->reg ? "no type" : ps->rt->name,
                                ps->reg && !ps->complex ? "an" : "no",
                                len < 64 ? (int) len : 64, ps->p);
        return NULL;
    }

    ps->p += len;

    return attr;
}


static int
scim_filter_value_path(scim_filter_parser_t *ps, const scim_attr_t *attr,
    scim_filter_t **out)
{
    scim_filter_t  *right = NULL;

    ps->complex = attr;

    if (scim_filter_group(ps, ']', out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (*ps->p == '.') {
        ps->p++;

        if (scim_filter_term(ps, &right) != SCIM_OK
            || scim_filter_node(ps, SCIM_FILTER_AND, *out, right, out)
               != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    ps->complex = NULL;

    if (scim_filter_node(ps, SCIM_FILTER_VALUE_PATH, *out, NULL, out)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    (*out)->attr = attr;

    return SCIM_OK;
}


/* operator and literal; the name of the attribute is for errors */

static int
scim_filter_compare(scim_filter_parser_t *ps, const char *name,
    const scim_attr_t *attr, scim_filter_t **out)
{
    scim_op_e    op;
    const char  *at;

    scim_filter_skip_space(ps);
    at = ps->p;
    op = SCIM_PR;

    if (scim_filter_op(ps, &op) != SCIM_OK
        || scim_filter_target(ps, name, op, &attr) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if ((scim_filter_types[attr->type].ops & 1 << op) == 0) {
        return scim_filter_fail(ps, at, "\"%s\" does not have the operator "
                                "\"%s\"", attr->name, scim_filter_ops[op]);
    }

    if (scim_filter_node(ps, SCIM_FILTER_TERM, NULL, NULL, out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    (*out)->op = op;
    (*out)->attr = attr;

    return (op == SCIM_PR) ? SCIM_OK : scim_filter_literal(ps, *out);
}


static int
scim_filter_op(scim_filter_parser_t *ps, scim_op_e *op)
{
    size_t  i, len;

    len = strcspn(ps->p, SCIM_FILTER_STOP);

    for (i = 0; i < sizeof(scim_filter_ops) / sizeof(scim_filter_ops[0]); i++) {
        if (scim_name_neq(scim_filter_ops[i], ps->p, len)) {
            *op = i;
            ps->p += len;
            return SCIM_OK;
        }
    }

    return scim_filter_expected(ps, "an operator (eq, ne, co, sw, ew, gt, ge, "
                                "lt, le or pr)");
}


/* the attribute whose values are compared */

static int
scim_filter_target(scim_filter_parser_t *ps, const char *name, scim_op_e op,
    const scim_attr_t **attr)
{
    if ((*attr)->type == SCIM_COMPLEX && op != SCIM_PR) {
        if ((*attr)->value == NULL) {
            return scim_filter_name_subs(ps, name, *attr);
        }

        *attr = (*attr)->value;
    }

    if (scim_attr_hidden(*attr)) {
        return scim_filter_fail(ps, name, "\"%s\" is never shown, so nothing "
                                "can be filtered by it", (*attr)->name);
    }

    return SCIM_OK;
}


static int
scim_filter_name_subs(scim_filter_parser_t *ps, const char *name,
    const scim_attr_t *attr)
{
    char    list[256];
    size_t  i, n;

    n = 0;

    for (i = 0; i < attr->nsubs && n < sizeof(list); i++) {
        n += snprintf(list + n, sizeof(list) - n, "%s%s", i ? ", " : "",
                      attr->subs[i].name);
    }

    return scim_filter_fail(ps, name, "\"%s\" needs a sub-attribute: %s",
                            attr->name, list);
}


static int
scim_filter_literal(scim_filter_parser_t *ps, scim_filter_t *term)
{
    int          bare;
    const char  *at;

    scim_filter_skip_space(ps);
    at = ps->p;
    bare = (*at != '"' && *at != '\'');

    if (bare ? scim_filter_bare(ps, &term->value.text) != SCIM_OK
             : scim_filter_quoted(ps, &term->value.text) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (!bare || strcmp(term->value.text, "null") != 0) {
        return scim_filter_convert(ps, at, term->attr, &term->value);
    }

    if (term->op != SCIM_EQ && term->op != SCIM_NE) {
        return scim_filter_fail(ps, at, "null goes only with eq and ne");
    }

    term->value.kind = SCIM_LITERAL_NULL;

    return SCIM_OK;
}


static int
scim_filter_quoted(scim_filter_parser_t *ps, const char **text)
{
    const char  *what;

    if (*ps->p == '\'') {
        return scim_filter_apostrophes(ps, text);
    }

    *text = scim_json_parse_string(ps->a, &ps->p, ps->end, &what);

    if (*text != NULL) {
        return SCIM_OK;
    }

    return what ? scim_filter_fail(ps, ps->p, "%s", what)
                : scim_error_nomem(ps->err);
}


/*
 * Text between apostrophes, as some clients and references have it, becomes text
 * between quotes: a backslash stands before what it means, "\'" too.
 */

static int
scim_filter_apostrophes(scim_filter_parser_t *ps, const char **text)
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
scim_filter_bare(scim_filter_parser_t *ps, const char **text)
{
    size_t  len;

    len = strcspn(ps->p, " \t)]");

    if (len == 0 || *ps->p == '(' || *ps->p == '['
        || memchr(ps->p, '"', len) != NULL || scim_filter_is_quote(ps->p, len))
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
scim_filter_is_quote(const char *word, size_t len)
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
scim_filter_convert(scim_filter_parser_t *ps, const char *at,
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
                                scim_filter_types[attr->type].words,
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


static int
scim_filter_node(scim_filter_parser_t *ps, scim_filter_kind_e kind,
    scim_filter_t *left, scim_filter_t *right, scim_filter_t **out)
{
    scim_filter_t  *node;

    node = scim_calloc(ps->a, sizeof(scim_filter_t));
    if (node == NULL) {
        (void) scim_error_nomem(ps->err);
        return SCIM_ERROR;
    }

    node->kind = kind;
    node->left = left;
    node->right = right;
    *out = node;

    return SCIM_OK;
}


/* moves behind a word if it comes next */

static int
scim_filter_keyword(scim_filter_parser_t *ps, const char *word)
{
    size_t  len;

    scim_filter_skip_space(ps);

    len = strcspn(ps->p, SCIM_FILTER_STOP);

    if (!scim_name_neq(word, ps->p, len)) {
        return 0;
    }

    ps->p += len;

    return 1;
}


static void
scim_filter_skip_space(scim_filter_parser_t *ps)
{
    ps->p += strspn(ps->p, " \t");
}


static int
scim_filter_expected(scim_filter_parser_t *ps, const char *what)
{
    if (*ps->p == '\0') {
        return scim_filter_fail(ps, ps->p, "expected %s, but there it ends",
                                what);
    }

    return scim_filter_fail(ps, ps->p, "expected %s, not \"%.64s\"", what,
                            ps->p);
}


static int
scim_filter_fail(scim_filter_parser_t *ps, const char *at, const char *fmt,
    ...)
{
    va_list  args;

    va_start(args, fmt);
    (void) scim_verror(ps->err, 400, ps->type, fmt, args);
    va_end(args);

    scim_error_prefix(ps->err, "invalid %s at offset %zu: ",
                      ps->type == SCIM_TYPE_INVALID_PATH ? "path" : "filter",
                      (size_t) (at - ps->start));
    return SCIM_ERROR;
}
