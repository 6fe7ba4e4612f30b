/*
 * The status as a page, which does without JavaScript.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "http/status/ngx_scim_status_html.h"
#include "store/call/ngx_scim_store.h"
#include "store/org/ngx_scim_org.h"
#include "store/org/ngx_scim_cycle.h"
#include "http/core/ngx_scim_text.h"
#include "http/status/ngx_scim_html.h"
#include "http/status/ngx_scim_status_ctx.h"
#include "http/status/ngx_scim_status_org.h"


static void ngx_scim_html_all(ngx_scim_status_t *st, ngx_scim_text_t *text);
static void ngx_scim_html_search(ngx_scim_status_t *st, ngx_scim_text_t *text);
static void ngx_scim_html_org(ngx_scim_status_t *st, ngx_scim_text_t *text,
    ngx_scim_org_t *org);
static void ngx_scim_html_pages(ngx_scim_status_t *st, ngx_scim_text_t *text);
static void ngx_scim_html_changes(ngx_scim_text_t *text, ngx_scim_cycle_t *n);


static const ngx_scim_column_t  ngx_scim_html_org_columns[] = {
    { "Organization", NULL },
    { "Health", NULL },
    { "Users", "number" },
    { "Groups", "number" },
    { "Last request", NULL },
    { "Latest cycle", NULL },
    { "Failed", "number" },
    { NULL, NULL }
};


void
ngx_scim_status_html(ngx_scim_status_t *st, ngx_scim_text_t *text)
{
    if (st->name.len) {
        ngx_scim_html_one(st, text);

    } else {
        ngx_scim_html_all(st, text);
    }

    ngx_scim_html_foot(text);
}


void
ngx_scim_status_html_error(const ngx_scim_status_error_t *err,
    ngx_scim_text_t *text)
{
    ngx_scim_html_head(text, NULL, err->title);

    ngx_scim_text_print(text,
                        "<h1>%s</h1>\n"
                        "<p>%s (status %u).</p>\n"
                        "<p><a href=\"?\">All organizations</a></p>\n",
                        err->title, err->detail, err->status);

    ngx_scim_html_foot(text);
}


static void
ngx_scim_html_all(ngx_scim_status_t *st, ngx_scim_text_t *text)
{
    ngx_uint_t  i;

    ngx_scim_html_head(text, NULL, "Organizations");
    ngx_scim_text_print(text, "<h1>Organizations</h1>\n");
    ngx_scim_html_search(st, text);

    ngx_scim_text_print(text, "<div id=\"organizations\" data-live>\n");

    ngx_scim_html_table_begin(text);
    ngx_scim_text_print(text, st->names.nelts == 1 ? "%u organization"
                                                   : "%u organizations",
                        st->names.nelts);

    if (st->pages > 1) {
        ngx_scim_text_print(text, ", page %u of %u", st->page, st->pages);
    }

    ngx_scim_html_columns(text, ngx_scim_html_org_columns);

    for (i = 0; i < st->norgs; i++) {
        ngx_scim_html_org(st, text, &st->orgs[i]);
    }

    ngx_scim_html_table_end(text, st->norgs, "There is none.");
    ngx_scim_html_pages(st, text);
    ngx_scim_text_print(text, "</div>\n");
}


static void
ngx_scim_html_search(ngx_scim_status_t *st, ngx_scim_text_t *text)
{
    ngx_scim_text_print(text,
                        "<form method=\"get\" role=\"search\">\n"
                        "<label for=\"search\">Name</label>\n"
                        "<input type=\"search\" id=\"search\" name=\"search\""
                        " value=\"%V\" maxlength=\"64\">\n"
                        "<button>Search</button>\n", &st->search);

    if (st->search.len) {
        ngx_scim_text_print(text, "<a href=\"?\">Show all</a>\n");
    }

    ngx_scim_text_print(text, "</form>\n");
}


static void
ngx_scim_html_org(ngx_scim_status_t *st, ngx_scim_text_t *text,
    ngx_scim_org_t *org)
{
    const ngx_scim_column_t  *c;

    c = ngx_scim_html_org_columns;

    ngx_scim_text_print(text,
                        "<tr role=\"row\" data-key=\"%V\">"
                        "<th role=\"rowheader\" scope=\"row\">"
                        "<a href=\"?org=%U\">%V</a></th>",
                        &org->name, &org->name, &org->name);

    ngx_scim_html_cell(text, &c[1]);
    ngx_scim_html_health(st, text, org);

    ngx_scim_html_number(text, &c[2], org->users);
    ngx_scim_html_number(text, &c[3], org->groups);

    ngx_scim_html_cell(text, &c[4]);

    if (org->cycle.count.last) {
        ngx_scim_html_ago(text, org->cycle.count.last);

    } else {
        ngx_scim_text_print(text, "none");
    }

    if (org->cycle.running) {
        ngx_scim_text_print(text, " <span class=\"running\">running");
        ngx_scim_html_rate(text, ", ", &org->cycle.count);
        ngx_scim_text_print(text, "</span>");
    }

    ngx_scim_html_cell(text, &c[5]);
    ngx_scim_html_changes(text, &org->cycle.count);

    ngx_scim_html_cell(text, &c[6]);
    ngx_scim_html_failed(text, &org->cycle);

    ngx_scim_text_print(text, "</tr>\n");
}


static void
ngx_scim_html_pages(ngx_scim_status_t *st, ngx_scim_text_t *text)
{
    if (st->pages < 2) {
        return;
    }

    ngx_scim_text_print(text, "<nav class=\"pages\" aria-label=\"Pages\">\n");

    if (st->page > 1) {
        ngx_scim_text_print(text,
                            "<a rel=\"prev\" href=\"?search=%U&amp;page=%u\">"
                            "Previous page</a>\n", &st->search,
                            ngx_min(st->page - 1, st->pages));
    }

    if (st->page < st->pages) {
        ngx_scim_text_print(text,
                            "<a rel=\"next\" href=\"?search=%U&amp;page=%u\">"
                            "Next page</a>\n", &st->search, st->page + 1);
    }

    ngx_scim_text_print(text, "</nav>\n");
}


static void
ngx_scim_html_changes(ngx_scim_text_t *text, ngx_scim_cycle_t *n)
{
    ngx_uint_t  i, some;

    const struct {
        const char  *name;
        ngx_uint_t   value;
    } changes[] = {
        { "created", n->created },
        { "updated", n->updated },
        { "disabled", n->disabled },
        { "deleted", n->deleted }
    };

    some = 0;

    for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        if (changes[i].value) {
            ngx_scim_text_print(text, "%s%u %s", some ? ", " : "",
                                changes[i].value, changes[i].name);
            some = 1;
        }
    }

    if (!some) {
        ngx_scim_text_print(text, "none");
    }
}
