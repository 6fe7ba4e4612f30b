/*
 * The names of an object: no two are the same without case.
 */

#ifndef SCIM_JSON_NAMES_H
#define SCIM_JSON_NAMES_H

#include <stddef.h>
#include <cjson/cJSON.h>

#include "scim/json/scim_json_reader.h"


/* an object of n members has no name twice, without case; else 400 */
int scim_json_check_names(scim_json_parser_t *ps, const cJSON *object,
    size_t n);

#endif /* SCIM_JSON_NAMES_H */
