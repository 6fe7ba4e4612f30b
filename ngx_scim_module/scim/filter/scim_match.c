/*
 * The evaluation of filters.
 */

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scim/filter/scim_match.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/text/scim_datetime.h"
#include "scim/text/scim_fold.h"
#include "scim/text/scim_text.h"
#include "scim/json/scim_json.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_document.h"
#include "scim/filter/scim_filter_tree.h"


/* the result of a term for the values of an attribute; the greatest counts */

typedef enum {
    SCIM_MATCH_ABSENT,
    SCIM_MATCH_NO,
    SCIM_MATCH_YES
} scim_match_e;


/* from here on a double may stand for more than one whole number */
#define SCIM_MATCH_EXACT   9007199254740992.0
#define SCIM_MATCH_DIGITS  40

/* a filter of more terms keeps the values that it has folded */
#define SCIM_MATCH_TERMS  4


typedef struct {
    const cJSON          *value;
    const char           *text;     /* folded */
} scim_match_fold_t;

typedef struct {
    scim_alloc_t         *a;
    const scim_rtype_t   *rt;       /* NULL inside a value path */
    const cJSON          *node;     /* the resource, or a complex value */
    int                   keep;
    scim_match_fold_t    *folds;    /* hash table by the address of a value */
    size_t                nfolds;
    size_t                nslots;
    int                   nomem;
} scim_match_t;


static int scim_match_node(scim_match_t *m, const scim_filter_t *filter);
static int scim_match_value_path(scim_match_t *m, const scim_filter_t *filter);
static int scim_match_term(scim_match_t *m, const scim_filter_t *term);
static scim_match_e scim_match_values(scim_match_t *m,
    const scim_filter_t *term, const cJSON *values);
static scim_match_e scim_match_subs(scim_match_t *m, const scim_filter_t *term,
    const cJSON *values);
static scim_match_e scim_match_value(scim_match_t *m,
    const scim_filter_t *term, const cJSON *value);
static int scim_match_boolean(const scim_filter_t *term, const cJSON *value);
static int scim_match_number(const scim_filter_t *term, const cJSON *value);
static int scim_match_digits(const char *one, const char *two);
static int scim_match_datetime(const scim_filter_t *term, const cJSON *value);
static int scim_match_string(scim_match_t *m, const scim_filter_t *term,
    const cJSON *value);
static const char *scim_match_fold(scim_match_t *m, const cJSON *value,
    int exact);
static scim_match_fold_t *scim_match_slot(const scim_match_t *m,
    const cJSON *value);
static int scim_match_grow(scim_match_t *m);
static int scim_match_order(scim_op_e op, int order);
static size_t scim_match_terms(const scim_filter_t *filter);


static inline const cJSON *
scim_match_first(const cJSON *values)
{
    return cJSON_IsArray(values) ? values->child : values;
}


static inline const cJSON *
scim_match_next(const cJSON *values, const cJSON *value)
{
    return cJSON_IsArray(values) ? value->next : NULL;
}


int
scim_filter_match(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_filter_t *filter, const cJSON *resource)
{
    int           matches;
    scim_match_t  m;

    memset(&m, 0, sizeof(scim_match_t));
    m.a = a;
    m.rt = rt;
    m.node = resource;
    m.keep = scim_match_terms(filter) > SCIM_MATCH_TERMS;

    matches = scim_match_node(&m, filter);

    return m.nomem ? SCIM_ERROR : matches;
}


int
scim_filter_match_value(scim_alloc_t *a, const scim_filter_t *filter,
    const cJSON *value)
{
    return cJSON_IsObject(value) ? scim_filter_match(a, NULL, filter, value)
                                 : 0;
}


static int
scim_match_node(scim_match_t *m, const scim_filter_t *filter)
{
    switch (filter->kind) {

    case SCIM_FILTER_AND:
        return scim_match_node(m, filter->left)
               && scim_match_node(m, filter->right);

    case SCIM_FILTER_OR:
        return scim_match_node(m, filter->left)
               || scim_match_node(m, filter->right);

    case SCIM_FILTER_NOT:
        return !scim_match_node(m, filter->left);

    case SCIM_FILTER_VALUE_PATH:
        return scim_match_value_path(m, filter);

    default:
        return scim_match_term(m, filter);
    }
}


static int
scim_match_value_path(scim_match_t *m, const scim_filter_t *filter)
{
    int                  matches;
    const cJSON         *value, *values, *node;
    const scim_rtype_t  *rt;

    rt = m->rt;
    node = m->node;
    values = scim_value_get(rt, node, filter->attr);
    matches = 0;

    m->rt = NULL;

    for (value = scim_match_first(values);
         value != NULL && !matches;
         value = scim_match_next(values, value))
    {
        m->node = value;
        matches = cJSON_IsObject(value) && !scim_json_is_empty(value)
                  && scim_match_node(m, filter->left);
    }

    m->rt = rt;
    m->node = node;

    return matches;
}


static int
scim_match_term(scim_match_t *m, const scim_filter_t *term)
{
    scim_match_e        found;
    const scim_attr_t  *attr;

    attr = term->attr;

    if (m->rt == NULL) {
        found = scim_match_values(m, term,
                     cJSON_GetObjectItemCaseSensitive(m->node, attr->name));

    } else if (attr->parent != NULL) {
        found = scim_match_subs(m, term,
                                scim_value_get(m->rt, m->node, attr->parent));

    } else {
        found = scim_match_values(m, term,
                                  scim_value_get(m->rt, m->node, attr));
    }

    if (term->op == SCIM_PR) {
        return found != SCIM_MATCH_ABSENT;
    }

    if (term->value.kind == SCIM_LITERAL_NULL) {
        return (found == SCIM_MATCH_ABSENT) == (term->op == SCIM_EQ);
    }

    return found == SCIM_MATCH_YES
           || (found == SCIM_MATCH_ABSENT && term->op == SCIM_NE);
}


/* one value, or an array of them */

static scim_match_e
scim_match_values(scim_match_t *m, const scim_filter_t *term,
    const cJSON *values)
{
    const cJSON   *value;
    scim_match_e   found, best;

    best = SCIM_MATCH_ABSENT;

    for (value = scim_match_first(values);
         value != NULL && best != SCIM_MATCH_YES;
         value = scim_match_next(values, value))
    {
        found = scim_match_value(m, term, value);
        best = (found > best) ? found : best;
    }

    return best;
}


/*
 * compares the same sub-attribute of one complex value, or of an array of them
 */

static scim_match_e
scim_match_subs(scim_match_t *m, const scim_filter_t *term,
    const cJSON *values)
{
    const cJSON   *value;
    scim_match_e   found, best;

    best = SCIM_MATCH_ABSENT;

    for (value = scim_match_first(values);
         value != NULL && best != SCIM_MATCH_YES;
         value = scim_match_next(values, value))
    {
        found = scim_match_values(m, term,
                    cJSON_GetObjectItemCaseSensitive(value, term->attr->name));
        best = (found > best) ? found : best;
    }

    return best;
}


static scim_match_e
scim_match_value(scim_match_t *m, const scim_filter_t *term,
    const cJSON *value)
{
    int  matches;

    if (scim_json_is_empty(value)) {
        return SCIM_MATCH_ABSENT;
    }

    switch (term->value.kind) {

    case SCIM_LITERAL_BOOLEAN:
        matches = scim_match_boolean(term, value);
        break;

    case SCIM_LITERAL_NUMBER:
        matches = scim_match_number(term, value);
        break;

    case SCIM_LITERAL_DATETIME:
        matches = scim_match_datetime(term, value);
        break;

    case SCIM_LITERAL_STRING:
        matches = scim_match_string(m, term, value);
        break;

    default:
        matches = 0;
    }

    return matches ? SCIM_MATCH_YES : SCIM_MATCH_NO;
}


static int
scim_match_boolean(const scim_filter_t *term, const cJSON *value)
{
    return cJSON_IsBool(value)
           && scim_match_order(term->op,
                               cJSON_IsTrue(value) != term->value.number);
}


static int
scim_match_number(const scim_filter_t *term, const cJSON *value)
{
    int          order;
    char         digits[SCIM_MATCH_DIGITS];
    double       number;
    const char  *text;

    text = NULL;

    if (cJSON_IsNumber(value)) {
        number = value->valuedouble;

        if (fabs(number) >= SCIM_MATCH_EXACT && fabs(number) < 1e30) {
            snprintf(digits, sizeof(digits), "%.0f", number);
            text = digits;
        }

    } else if (cJSON_IsRaw(value)) {
        text = value->valuestring;
        number = strtod(text, NULL);

    } else {
        return 0;
    }

    order = (number > term->value.number) - (number < term->value.number);

    if (order == 0 && text != NULL) {
        order = scim_match_digits(text, term->value.text);
    }

    return scim_match_order(term->op, order);
}


/* numbers of the same double: whole ones may differ after its 53 bits */

static int
scim_match_digits(const char *one, const char *two)
{
    int     order;
    size_t  n1, n2;

    if (!scim_number_check(one, 1) || !scim_number_check(two, 1)) {
        return 0;
    }

    n1 = strlen(one + strspn(one, "+-0"));
    n2 = strlen(two + strspn(two, "+-0"));

    order = (n1 != n2) ? (n1 > n2) - (n1 < n2)
                       : strcmp(one + strlen(one) - n1, two + strlen(two) - n2);

    return (*one == '-') ? -order : order;
}


static int
scim_match_datetime(const scim_filter_t *term, const cJSON *value)
{
    long long  usec;

    if (!cJSON_IsString(value)
        || scim_datetime_parse(value->valuestring, &usec) != SCIM_OK)
    {
        return 0;
    }

    return scim_match_order(term->op, (usec > term->value.usec)
                                      - (usec < term->value.usec));
}


static int
scim_match_string(scim_match_t *m, const scim_filter_t *term,
    const cJSON *value)
{
    size_t       len, n;
    const char  *text, *part;

    if (!cJSON_IsString(value)) {
        return 0;
    }

    text = scim_match_fold(m, value, term->attr->case_exact);
    if (text == NULL) {
        m->nomem = 1;
        return 0;
    }

    part = term->value.folded;
    n = strlen(part);
    len = strlen(text);

    switch (term->op) {

    case SCIM_CO:
        return strstr(text, part) != NULL;

    case SCIM_SW:
        return strncmp(text, part, n) == 0;

    case SCIM_EW:
        return len >= n && memcmp(text + len - n, part, n) == 0;

    default:
        return scim_match_order(term->op, strcmp(text, part));
    }
}


static const char *
scim_match_fold(scim_match_t *m, const cJSON *value, int exact)
{
    scim_match_fold_t  *slot;

    if (!m->keep) {
        return scim_fold(m->a, value->valuestring, exact);
    }

    if (m->nfolds * 2 >= m->nslots && scim_match_grow(m) != SCIM_OK) {
        return NULL;
    }

    slot = scim_match_slot(m, value);

    if (slot->value == NULL) {
        slot->text = scim_fold(m->a, value->valuestring, exact);

        if (slot->text != NULL) {
            slot->value = value;
            m->nfolds++;
        }
    }

    return slot->text;
}


static scim_match_fold_t *
scim_match_slot(const scim_match_t *m, const cJSON *value)
{
    size_t  i;

    i = ((uintptr_t) value >> 4) * 0x9e3779b97f4a7c15u >> 32;

    for ( ;; ) {
        i &= m->nslots - 1;

        if (m->folds[i].value == value || m->folds[i].value == NULL) {
            return &m->folds[i];
        }

        i++;
    }
}


static int
scim_match_grow(scim_match_t *m)
{
    size_t              i, n;
    scim_match_fold_t  *old;

    old = m->folds;
    n = m->nslots;

    m->nslots = n ? n * 2 : 64;
    m->folds = scim_calloc(m->a, m->nslots * sizeof(scim_match_fold_t));
    if (m->folds == NULL) {
        m->nslots = 0;
        m->nfolds = 0;
        return SCIM_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (old[i].value != NULL) {
            *scim_match_slot(m, old[i].value) = old[i];
        }
    }

    return SCIM_OK;
}


static int
scim_match_order(scim_op_e op, int order)
{
    switch (op) {

    case SCIM_EQ:
        return order == 0;

    case SCIM_NE:
        return order != 0;

    case SCIM_GT:
        return order > 0;

    case SCIM_GE:
        return order >= 0;

    case SCIM_LT:
        return order < 0;

    default:
        return order <= 0;
    }
}


static size_t
scim_match_terms(const scim_filter_t *filter)
{
    if (filter == NULL) {
        return 0;
    }

    return (filter->kind == SCIM_FILTER_TERM)
           + scim_match_terms(filter->left) + scim_match_terms(filter->right);
}


int
scim_filter_uses(const scim_filter_t *filter, const scim_attr_t *attr)
{
    if (filter == NULL) {
        return 0;
    }

    if (filter->attr != NULL
        && (filter->attr == attr || filter->attr->parent == attr))
    {
        return 1;
    }

    return scim_filter_uses(filter->left, attr)
           || scim_filter_uses(filter->right, attr);
}
