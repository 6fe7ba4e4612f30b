/*
 * For the analyzers alone: what the functions of cJSON do, of which they do not
 * see the source. A null pointer is of no type.
 */

#ifndef SCIM_LINT_MODELS_H
#define SCIM_LINT_MODELS_H

#include <cjson/cJSON.h>

#define SCIM_LINT_IS(item, kind)                                              \
    ((item) != NULL && ((item)->type & 0xff) == (kind))

#define cJSON_IsArray(item)   SCIM_LINT_IS(item, cJSON_Array)
#define cJSON_IsNumber(item)  SCIM_LINT_IS(item, cJSON_Number)
#define cJSON_IsObject(item)  SCIM_LINT_IS(item, cJSON_Object)
#define cJSON_IsRaw(item)     SCIM_LINT_IS(item, cJSON_Raw)
#define cJSON_IsString(item)  SCIM_LINT_IS(item, cJSON_String)

#endif
