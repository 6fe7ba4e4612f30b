/*
 * The JSON parser. cJSON's own takes too much (leading zeros, control
 * characters, trailing text), loses digits, and needs 50 ms for a mebibyte of
 * "[0,0,0,...", where this one needs 7 for the same tree.
 */

#include <float.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scim/json/scim_json.h"
#include "scim/text/scim_text.h"


#define SCIM_JSON_INTEGER  9007199254740992LL     /* 2^53 */
#define SCIM_JSON_DIGITS   18                     /* fit a long long */
#define SCIM_JSON_SCALE    22                     /* 10^22 is exact */

/* members of an object up to which they are compared pair by pair */
#define SCIM_JSON_PAIRS    16

/* a tree of "[[[..." would be thirty times as large as its text; where there is
   a name or an id in quotes, a value has more bytes than this */
#define SCIM_JSON_VALUES   60000
#define SCIM_JSON_BYTES    12      /* for each value in a longer text */


typedef struct {
    scim_alloc_t  *a;
    const char    *start;
    const char    *p;
    const char    *end;
    int            depth;
    size_t         room;           /* for so many values more */
    scim_error_t  *err;
} scim_json_parser_t;


typedef struct {
    size_t       digits;           /* from the first that is not 0 */
    int          integer;
    long long    value;            /* of the first SCIM_JSON_DIGITS */
    long long    scale;            /* the power of ten to multiply it with */
} scim_json_number_t;


typedef struct {
    uint64_t     hash;
    const char  *name;
} scim_json_name_t;


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
static int scim_json_check_names(scim_json_parser_t *ps, const cJSON *object,
    size_t n);
static const char *scim_json_pair_in(const cJSON *object);
static const char *scim_json_pair_sorted(scim_json_name_t *names,
    const cJSON *object, size_t n);
static uint64_t scim_json_hash(const char *name);
static int scim_json_name_cmp(const void *one, const void *two);
static int scim_json_parse_number(scim_json_parser_t *ps, cJSON *item);
static int scim_json_scan_number(scim_json_parser_t *ps,
    scim_json_number_t *number);
static int scim_json_scan_exponent(scim_json_parser_t *ps,
    scim_json_number_t *number);
static int scim_json_scan_digits(scim_json_parser_t *ps,
    scim_json_number_t *number);
static int scim_json_set_number(cJSON *item,
    const scim_json_number_t *number);
static void scim_json_skip_space(scim_json_parser_t *ps);
static int scim_json_looking_at(const scim_json_parser_t *ps, char c);
static int scim_json_expected(scim_json_parser_t *ps, const char *what);


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


static int
scim_json_check_names(scim_json_parser_t *ps, const cJSON *object, size_t n)
{
    const char        *twice;
    scim_json_name_t  *names;

    if (n <= SCIM_JSON_PAIRS) {
        twice = scim_json_pair_in(object);

    } else {
        names = scim_alloc(ps->a, n * sizeof(scim_json_name_t));
        if (names == NULL) {
            return scim_error_nomem(ps->err);
        }

        twice = scim_json_pair_sorted(names, object, n);
    }

    if (twice == NULL) {
        return SCIM_OK;
    }

    return scim_error(ps->err, 400, SCIM_TYPE_INVALID_SYNTAX,
                      "the object that ends at byte %d has the member "
                      "\"%.64s\" twice (case does not count)",
                      (int) (ps->p - 1 - ps->start), twice);
}


static const char *
scim_json_pair_in(const cJSON *object)
{
    const cJSON  *one, *two;

    cJSON_ArrayForEach(one, object) {
        for (two = one->next; two != NULL; two = two->next) {
            if (scim_name_eq(one->string, two->string)) {
                return two->string;
            }
        }
    }

    return NULL;
}


/* sorted by hash, and only for equal ones by text: fast, and never quadratic */

static const char *
scim_json_pair_sorted(scim_json_name_t *names, const cJSON *object, size_t n)
{
    size_t        i;
    const cJSON  *item;

    i = 0;

    cJSON_ArrayForEach(item, object) {
        names[i].hash = scim_json_hash(item->string);
        names[i].name = item->string;
        i++;
    }

    qsort(names, n, sizeof(scim_json_name_t), scim_json_name_cmp);

    for (i = 1; i < n; i++) {
        if (scim_json_name_cmp(&names[i - 1], &names[i]) == 0) {
            return names[i].name;
        }
    }

    return NULL;
}


/* FNV-1a; bit 5 is what ASCII case differs in, and need not count */

static uint64_t
scim_json_hash(const char *name)
{
    uint64_t  hash;

    for (hash = 14695981039346656037ULL; *name != '\0'; name++) {
        hash = (hash ^ (unsigned char) (*name | 0x20)) * 1099511628211ULL;
    }

    return hash;
}


static int
scim_json_name_cmp(const void *one, const void *two)
{
    const scim_json_name_t  *a = one, *b = two;

    if (a->hash != b->hash) {
        return (a->hash < b->hash) ? -1 : 1;
    }

    return strcasecmp(a->name, b->name);
}


static int
scim_json_parse_number(scim_json_parser_t *ps, cJSON *item)
{
    const char          *start;
    scim_json_number_t   number;

    start = ps->p;

    if (scim_json_scan_number(ps, &number) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (scim_json_set_number(item, &number) == SCIM_OK) {
        return SCIM_OK;
    }

    item->type |= cJSON_Raw;
    item->valuestring = scim_strndup(ps->a, start, ps->p - start);

    return item->valuestring ? SCIM_OK : scim_error_nomem(ps->err);
}


static int
scim_json_scan_number(scim_json_parser_t *ps, scim_json_number_t *number)
{
    int          negative;
    const char  *start;

    memset(number, 0, sizeof(scim_json_number_t));

    negative = scim_json_looking_at(ps, '-');
    ps->p += negative;
    start = ps->p;

    if (scim_json_scan_digits(ps, number) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (*start == '0' && ps->p - start > 1) {
        ps->p = start + 1;
        return scim_json_expected(ps, "a number has no leading zeros");
    }

    number->integer = 1;

    if (scim_json_looking_at(ps, '.')) {
        number->integer = 0;
        start = ++ps->p;

        if (scim_json_scan_digits(ps, number) != SCIM_OK) {
            return SCIM_ERROR;
        }

        number->scale = start - ps->p;
    }

    number->value = negative ? -number->value : number->value;

    if (scim_json_looking_at(ps, 'e') || scim_json_looking_at(ps, 'E')) {
        number->integer = 0;
        ps->p++;

        return scim_json_scan_exponent(ps, number);
    }

    return SCIM_OK;
}


static int
scim_json_scan_exponent(scim_json_parser_t *ps, scim_json_number_t *number)
{
    int                 negative;
    scim_json_number_t  exponent;

    memset(&exponent, 0, sizeof(scim_json_number_t));

    negative = scim_json_looking_at(ps, '-');
    ps->p += negative || scim_json_looking_at(ps, '+');

    if (scim_json_scan_digits(ps, &exponent) != SCIM_OK) {
        return SCIM_ERROR;
    }

    number->scale += negative ? -exponent.value : exponent.value;

    return SCIM_OK;
}


static int
scim_json_scan_digits(scim_json_parser_t *ps, scim_json_number_t *number)
{
    const char  *start;

    start = ps->p;

    while (ps->p < ps->end && *ps->p >= '0' && *ps->p <= '9') {
        number->digits += (number->digits > 0 || *ps->p != '0');

        if (number->digits <= SCIM_JSON_DIGITS) {
            number->value = number->value * 10 + (*ps->p - '0');
        }

        ps->p++;
    }

    if (ps->p == start) {
        return scim_json_expected(ps, "expected a digit");
    }

    return SCIM_OK;
}


/*
 * Integers up to 2^53, and decimals below 10^23 that come from two exact
 * doubles by one rounding and have no more digits than a double gives back;
 * SCIM_ERROR for any other number.
 */

static int
scim_json_set_number(cJSON *item, const scim_json_number_t *number)
{
    double  value;

    static const double  powers[SCIM_JSON_SCALE + 1] = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
        1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
    };

    if (number->digits > (number->integer ? SCIM_JSON_DIGITS : DBL_DIG)
        || llabs(number->value) > SCIM_JSON_INTEGER
        || llabs(number->scale) > SCIM_JSON_SCALE
        || (long long) number->digits + number->scale > SCIM_JSON_SCALE + 1)
    {
        return SCIM_ERROR;
    }

    value = (double) number->value;
    value = (number->scale < 0) ? value / powers[-number->scale]
                                : value * powers[number->scale];

    item->type |= cJSON_Number;
    item->valuedouble = value;
    item->valueint = (value >= INT_MAX) ? INT_MAX
                     : (value <= INT_MIN) ? INT_MIN : (int) value;

    return SCIM_OK;
}


static void
scim_json_skip_space(scim_json_parser_t *ps)
{
    while (ps->p < ps->end
           && (*ps->p == ' ' || *ps->p == '\n' || *ps->p == '\r'
               || *ps->p == '\t'))
    {
        ps->p++;
    }
}


static int
scim_json_looking_at(const scim_json_parser_t *ps, char c)
{
    return ps->p < ps->end && *ps->p == c;
}


static int
scim_json_expected(scim_json_parser_t *ps, const char *what)
{
    return scim_error(ps->err, 400, SCIM_TYPE_INVALID_SYNTAX,
                      "invalid JSON at byte %zu: %s",
                      (size_t) (ps->p - ps->start), what);
}
