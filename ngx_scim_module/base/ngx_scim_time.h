/*
 * Times as text: dateTimes (RFC 7643, section 2.3.5).
 */

#ifndef NGX_SCIM_TIME_H
#define NGX_SCIM_TIME_H

#include <ngx_config.h>
#include <ngx_core.h>


/* The other way, into a buffer of this size; returns the end. */
#define NGX_SCIM_TIME_LEN  (sizeof("2030-01-31T00:00:00Z") - 1)
u_char *ngx_scim_time_print(u_char *p, time_t sec);


/*
 * Reads a time, with a zone or in UTC, in seconds since 1970; NGX_ERROR if it
 * is none.
 */
time_t ngx_scim_time_parse(ngx_str_t *text);

#endif /* NGX_SCIM_TIME_H */
