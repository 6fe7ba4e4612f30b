/*
 * The text of a filter as it is parsed.
 */

#include <stdarg.h>
#include <string.h>

#include "scim/filter/scim_filter_reader.h"
#include "scim/core/scim.h"
#include "scim/core/scim_error.h"
#include "scim/text/scim_text.h"


int
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


void
scim_filter_skip_space(scim_filter_parser_t *ps)
{
    ps->p += strspn(ps->p, " \t");
}


int
scim_filter_expected(scim_filter_parser_t *ps, const char *what)
{
    if (*ps->p == '\0') {
        return scim_filter_fail(ps, ps->p, "expected %s, but there it ends",
                                what);
    }

    return scim_filter_fail(ps, ps->p, "expected %s, not \"%.64s\"", what,
                            ps->p);
}


int
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
