/*
 * Times as text: dateTimes (RFC 7643, section 2.3.5).
 */

#ifndef NGX_SCIM_TIME_H
#define NGX_SCIM_TIME_H

#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_SCIM_TIME_LEN  (sizeof("2030-01-31T00:00:00Z") - 1)


/*
 * Returns the seconds since 1970 of a time, with a zone or in UTC, or NGX_ERROR
 * if the text is no time.
 */
time_t ngx_scim_time_parse(ngx_str_t *text);

/* Prints NGX_SCIM_TIME_LEN bytes in UTC; returns the end. */
u_char *ngx_scim_time_print(u_char *p, time_t sec);

#endif /* NGX_SCIM_TIME_H */
