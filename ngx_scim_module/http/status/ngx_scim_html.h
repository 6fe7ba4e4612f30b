/*
 * The parts of the pages of the status location.
 */

#ifndef NGX_SCIM_HTML_H
#define NGX_SCIM_HTML_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/call/ngx_scim_store.h"
#include "store/org/ngx_scim_org.h"
#include "store/org/ngx_scim_cycle.h"
#include "http/core/ngx_scim_text.h"
#include "http/status/ngx_scim_status_ctx.h"


typedef struct {
    const char  *title;
    const char  *class;         /* of its cells too; or NULL */
} ngx_scim_column_t;


/* A table up to its first row; the list of columns ends with a NULL title. */
void ngx_scim_html_table(ngx_scim_text_t *text, const char *caption,
    const ngx_scim_column_t *columns);

/* the same in two parts, with the caption between them */
void ngx_scim_html_table_begin(ngx_scim_text_t *text);
void ngx_scim_html_columns(ngx_scim_text_t *text,
    const ngx_scim_column_t *columns);

/* the end of a table; says so if there were no rows */
void ngx_scim_html_table_end(ngx_scim_text_t *text, ngx_uint_t rows,
    const char *none);

/* begins a cell; end tags are left out, as HTML allows */
void ngx_scim_html_cell(ngx_scim_text_t *text,
    const ngx_scim_column_t *column);

/* a cell with a number, a text, or a time as Redis has it */
void ngx_scim_html_number(ngx_scim_text_t *text,
    const ngx_scim_column_t *column, ngx_uint_t n);
void ngx_scim_html_text(ngx_scim_text_t *text,
    const ngx_scim_column_t *column, ngx_str_t *value, const char *none);
void ngx_scim_html_when(ngx_scim_text_t *text,
    const ngx_scim_column_t *column, ngx_str_t *value, const char *none);

/* Appends the share of a cycle that has failed. */
void ngx_scim_html_failed(ngx_scim_text_t *text,
    ngx_scim_cycle_record_t *cycle);

/* Appends the rate of a cycle behind a text, or nothing if it is not known. */
void ngx_scim_html_rate(ngx_scim_text_t *text, const char *before,
    const ngx_scim_cycle_t *n);

void ngx_scim_html_health(ngx_scim_status_t *st, ngx_scim_text_t *text,
    ngx_scim_org_t *org);

/* a time in UTC; how long ago it was */
void ngx_scim_html_time(ngx_scim_text_t *text, time_t sec);
void ngx_scim_html_ago(ngx_scim_text_t *text, time_t sec);

/* begins a page, up to its main part; the name, if any, is before the title */
void ngx_scim_html_head(ngx_scim_text_t *text, ngx_str_t *name,
    const char *title);

/*
 * The Content-Security-Policy of the page, which allows nothing but its own
 * style and script. data is NULL when out of memory.
 */
ngx_str_t ngx_scim_status_policy(ngx_pool_t *pool);

/* ends a page */
void ngx_scim_html_foot(ngx_scim_text_t *text);

#endif /* NGX_SCIM_HTML_H */
