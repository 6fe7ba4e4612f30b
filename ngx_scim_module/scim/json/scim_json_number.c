/*
 * Numbers of JSON, read without a loss of digits.
 */

#include <float.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "scim/json/scim_json_number.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json_reader.h"


#define SCIM_JSON_DIGITS   18                     /* fit a long long */
#define SCIM_JSON_SCALE    22                     /* 10^22 is exact */


typedef struct {
    size_t       digits;           /* from the first that is not 0 */
    int          integer;
    long long    value;            /* of the first SCIM_JSON_DIGITS */
    long long    scale;            /* the power of ten to multiply it with */
} scim_json_number_t;


static int scim_json_scan_number(scim_json_parser_t *ps,
    scim_json_number_t *number);
static int scim_json_scan_exponent(scim_json_parser_t *ps,
    scim_json_number_t *number);
static int scim_json_scan_digits(scim_json_parser_t *ps,
    scim_json_number_t *number);
static int scim_json_set_number(cJSON *item,
    const scim_json_number_t *number);


int
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
