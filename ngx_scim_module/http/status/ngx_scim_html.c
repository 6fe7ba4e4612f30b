/*
 * Pieces of the pages: tables, and values as people read them.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <openssl/sha.h>

#include "http/status/ngx_scim_html.h"
#include "base/ngx_scim_time.h"
#include "store/call/ngx_scim_store.h"
#include "store/org/ngx_scim_org.h"
#include "store/org/ngx_scim_cycle.h"
#include "http/core/ngx_scim_text.h"
#include "http/core/ngx_scim_conf.h"
#include "http/status/ngx_scim_health.h"
#include "http/status/ngx_scim_quota.h"
#include "http/status/ngx_scim_status_ctx.h"
#include "ngx_scim_status_assets.h"


static size_t ngx_scim_html_hash(const char *asset, u_char *hash);


void
ngx_scim_html_table(ngx_scim_text_t *text, const char *caption,
    const ngx_scim_column_t *columns)
{
    ngx_scim_html_table_begin(text);
    ngx_scim_text_print(text, "%s", caption);
    ngx_scim_html_columns(text, columns);
}


/*
 * Up to the caption. The roles are those that the elements have by themselves,
 * and lose where the style shows rows as cards.
 */

void
ngx_scim_html_table_begin(ngx_scim_text_t *text)
{
    ngx_scim_text_print(text, "<table role=\"table\">\n<caption>");
}


void
ngx_scim_html_columns(ngx_scim_text_t *text, const ngx_scim_column_t *columns)
{
    const ngx_scim_column_t  *c;

    ngx_scim_text_print(text,
                        "</caption>\n"
                        "<thead role=\"rowgroup\"><tr role=\"row\">\n");

    for (c = columns; c->title; c++) {
        ngx_scim_text_print(text, "<th role=\"columnheader\" scope=\"col\"");

        if (c->class != NULL) {
            ngx_scim_text_print(text, " class=\"%s\"", c->class);
        }

        ngx_scim_text_print(text, ">%s</th>\n", c->title);
    }

    ngx_scim_text_print(text,
                        "</tr></thead>\n"
                        "<tbody role=\"rowgroup\">\n");
}


void
ngx_scim_html_table_end(ngx_scim_text_t *text, ngx_uint_t rows,
    const char *none)
{
    ngx_scim_text_print(text, "</tbody>\n</table>\n");

    if (rows == 0) {
        ngx_scim_text_print(text, "<p class=\"none\">%s</p>\n", none);
    }
}


/* begins one; end tags are left out, as HTML allows */

void
ngx_scim_html_cell(ngx_scim_text_t *text, const ngx_scim_column_t *column)
{
    ngx_scim_text_print(text, column->class
                              ? "\n<td role=\"cell\" data-label=\"%s\""
                                " class=\"%s\">"
                              : "\n<td role=\"cell\" data-label=\"%s\">",
                        column->title, column->class);
}


void
ngx_scim_html_number(ngx_scim_text_t *text, const ngx_scim_column_t *column,
    ngx_uint_t n)
{
    ngx_scim_html_cell(text, column);
    ngx_scim_text_print(text, "%u", n);
}


void
ngx_scim_html_text(ngx_scim_text_t *text, const ngx_scim_column_t *column,
    ngx_str_t *value, const char *none)
{
    ngx_scim_html_cell(text, column);

    if (value->len) {
        ngx_scim_text_print(text, "%V", value);

    } else {
        ngx_scim_text_print(text, "%s", none);
    }
}


/* a time as Redis has it */

void
ngx_scim_html_when(ngx_scim_text_t *text, const ngx_scim_column_t *column,
    ngx_str_t *value, const char *none)
{
    time_t  sec;

    sec = value->len ? ngx_scim_time_parse(value) : NGX_ERROR;

    if (sec == NGX_ERROR) {
        ngx_scim_html_text(text, column, value, none);
        return;
    }

    ngx_scim_html_cell(text, column);
    ngx_scim_html_time(text, sec);
}


void
ngx_scim_html_failed(ngx_scim_text_t *text, ngx_scim_cycle_record_t *cycle)
{
    ngx_uint_t  share;

    ngx_scim_text_print(text, "%u", cycle->count.failed);

    if (cycle->count.failed) {
        share = ngx_scim_status_share(cycle);
        ngx_scim_text_print(text, " <small>(%u.%u %%)</small>", share / 10,
                            share % 10);
    }
}


void
ngx_scim_html_rate(ngx_scim_text_t *text, const char *before,
    const ngx_scim_cycle_t *n)
{
    ngx_uint_t  rate;

    rate = ngx_scim_status_rate(n);

    if (rate) {
        ngx_scim_text_print(text, "%s%u a minute", before, rate);
    }
}


void
ngx_scim_html_health(ngx_scim_status_t *st, ngx_scim_text_t *text,
    ngx_scim_org_t *org)
{
    ngx_uint_t                i, n;
    ngx_scim_quota_t          quota[NGX_SCIM_QUOTAS];
    ngx_scim_loc_conf_t      *lcf;
    const ngx_scim_health_t  *health;

    health = ngx_scim_status_health(org);

    ngx_scim_text_print(text, "<span class=\"health %s\">%s</span>",
                        health->name, health->label);

    lcf = ngx_http_get_module_loc_conf(st->request, ngx_scim_module);
    n = ngx_scim_quotas(&lcf->limits, org, quota);

    for (i = 0; i < n; i++) {
        ngx_scim_text_print(text, "%s%u of %u %s", i ? ", " : " Near a limit: ",
                            (ngx_uint_t) quota[i].has,
                            (ngx_uint_t) quota[i].most, quota[i].name);
    }

    ngx_scim_text_print(text, n ? "." : "");
}


void
ngx_scim_html_time(ngx_scim_text_t *text, time_t sec)
{
    u_char     shown[NGX_SCIM_TIME_LEN];
    ngx_str_t  time;

    time.data = shown;
    time.len = ngx_scim_time_print(shown, sec) - shown - 1;
    shown[sizeof("2030-01-31") - 1] = ' ';

    ngx_scim_text_print(text, "<time datetime=\"%T\">%V</time>", sec, &time);
}


void
ngx_scim_html_ago(ngx_scim_text_t *text, time_t sec)
{
    ngx_uint_t  i, ago;

    static const struct {
        ngx_uint_t   from;
        ngx_uint_t   seconds;
        const char  *name;
    } units[] = {
        { 2 * 86400, 86400, "days" },
        { 2 * 3600, 3600, "h" },
        { 2 * 60, 60, "min" },
        { 0, 1, "s" }
    };

    ago = ngx_max(ngx_time() - sec, 0);

    for (i = 0; ago < units[i].from; i++) { /* void */ }

    ngx_scim_text_print(text,
                        "<time datetime=\"%T\" title=\"%T\">%u %s ago</time>",
                        sec, sec, ago / units[i].seconds, units[i].name);
}


void
ngx_scim_html_head(ngx_scim_text_t *text, ngx_str_t *name, const char *title)
{
    ngx_str_t  none = ngx_null_string;

    ngx_scim_text_print(text,
                        "<!doctype html>\n"
                        "<html lang=\"en\">\n"
                        "<head>\n"
                        "<meta charset=\"utf-8\">\n"
                        "<meta name=\"viewport\""
                        " content=\"width=device-width, initial-scale=1\">\n"
                        "<title>%V%s - SCIM status</title>\n"
                        "<link rel=\"icon\" href=\"data:,\">\n"
                        "<style>", name ? name : &none, title);
    ngx_scim_text_raw(text, ngx_scim_status_page,
                      sizeof(ngx_scim_status_page) - 1);
    ngx_scim_text_print(text,
                        "</style>\n"
                        "</head>\n"
                        "<body>\n"
                        "<header>\n"
                        "<a class=\"site\" href=\"?\">SCIM status</a>\n"
                        "<p class=\"clock\"><span id=\"clock\">As of ");
    ngx_scim_html_time(text, ngx_time());
    ngx_scim_text_print(text,
                        " UTC</span></p>\n"
                        "</header>\n"
                        "<main>\n");
}


void
ngx_scim_html_foot(ngx_scim_text_t *text)
{
    ngx_scim_text_print(text, "</main>\n<script>");
    ngx_scim_text_raw(text, ngx_scim_status_live,
                      sizeof(ngx_scim_status_live) - 1);
    ngx_scim_text_print(text, "</script>\n</body>\n</html>\n");
}


ngx_str_t
ngx_scim_status_policy(ngx_pool_t *pool)
{
    size_t     n;
    u_char     style[SHA256_DIGEST_LENGTH * 2], script[sizeof(style)];
    ngx_str_t  policy;

    static const char  format[] =
        "default-src 'none'; style-src 'sha256-%*s'; script-src 'sha256-%*s'; "
        "img-src data:; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'";

    n = ngx_scim_html_hash(ngx_scim_status_page, style);
    (void) ngx_scim_html_hash(ngx_scim_status_live, script);

    policy.data = ngx_pnalloc(pool, sizeof(format) + 2 * n);
    policy.len = policy.data
                 ? ngx_sprintf(policy.data, format, n, style, n, script)
                   - policy.data : 0;

    return policy;
}


static size_t
ngx_scim_html_hash(const char *asset, u_char *hash)
{
    u_char     digest[SHA256_DIGEST_LENGTH];
    ngx_str_t  raw, base64;

    (void) SHA256((const u_char *) asset, ngx_strlen(asset), digest);

    raw.data = digest;
    raw.len = sizeof(digest);
    base64.data = hash;

    ngx_encode_base64(&base64, &raw);

    return base64.len;
}
