/*
 * The text of a JSON document as it is parsed: where the parser is.
 */

#include "scim/json/scim_json_reader.h"
#include "scim/core/scim_error.h"


void
scim_json_skip_space(scim_json_parser_t *ps)
{
    while (ps->p < ps->end
           && (*ps->p == ' ' || *ps->p == '\n' || *ps->p == '\r'
               || *ps->p == '\t'))
    {
        ps->p++;
    }
}


int
scim_json_looking_at(const scim_json_parser_t *ps, char c)
{
    return ps->p < ps->end && *ps->p == c;
}


int
scim_json_expected(scim_json_parser_t *ps, const char *what)
{
    return scim_error(ps->err, 400, SCIM_TYPE_INVALID_SYNTAX,
                      "invalid JSON at byte %zu: %s",
                      (size_t) (ps->p - ps->start), what);
}
