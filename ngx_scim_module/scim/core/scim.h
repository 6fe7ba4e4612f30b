/*
 * Results of functions of the protocol library.
 *
 * The library is plain C on top of libc, cJSON and utf8proc. It knows neither
 * nginx nor Redis. All its memory comes from the allocator that the caller
 * passes and lives as long as that; nothing is ever freed piecewise. Strings
 * are UTF-8 and NUL-terminated (scim_json_parse() refuses U+0000).
 */

#ifndef SCIM_H
#define SCIM_H



#define SCIM_OK      0
#define SCIM_ERROR  -1    /* the scim_error_t says why */

#endif /* SCIM_H */
