/*
 * The filter parser: recursive descent over the grammar of RFC 7644, figure 1.
 */

#include <stdio.h>
#include <string.h>

#include "scim/filter/scim_filter.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/core/scim_utf8.h"
#include "scim/text/scim_text.h"
#include "scim/schema/scim_name.h"
#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_filter_reader.h"
#include "scim/filter/scim_filter_tree.h"
#include "scim/filter/scim_literal.h"


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
static int scim_filter_node(scim_filter_parser_t *ps, scim_filter_kind_e kind,
    scim_filter_t *left, scim_filter_t *right, scim_filter_t **out);


static const char  *scim_filter_ops[] = {
    "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"
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
                       : scim_name_find(ps->reg, ps->rt, ps->p, len);

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

    if (!scim_literal_allows(attr->type, op)) {
        return scim_filter_fail(ps, at, "\"%s\" does not have the operator "
                                "\"%s\"", attr->name, scim_filter_ops[op]);
    }

    if (scim_filter_node(ps, SCIM_FILTER_TERM, NULL, NULL, out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    (*out)->op = op;
    (*out)->attr = attr;

    return (op == SCIM_PR) ? SCIM_OK : scim_literal_parse(ps, *out);
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
