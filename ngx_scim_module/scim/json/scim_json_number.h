/*
 * Numbers of JSON, read without a loss of digits.
 */

#ifndef SCIM_JSON_NUMBER_H
#define SCIM_JSON_NUMBER_H

#include <cjson/cJSON.h>

#include "scim/json/scim_json_reader.h"


#define SCIM_JSON_INTEGER  9007199254740992LL     /* 2^53 */


/* Reads a number. One that a double cannot hold is kept as its text. */
int scim_json_parse_number(scim_json_parser_t *ps, cJSON *item);

#endif /* SCIM_JSON_NUMBER_H */
