/*
 * The page of one organization.
 */

#include "http/status/ngx_scim_status_org.h"
#include "store/call/ngx_scim_store.h"
#include "store/org/ngx_scim_org.h"
#include "store/org/ngx_scim_token.h"
#include "store/org/ngx_scim_cycle.h"
#include "store/org/ngx_scim_log.h"
#include "store/org/ngx_scim_log_read.h"
#include "http/core/ngx_scim_text.h"
#include "http/auth/ngx_scim_token_file.h"
#include "http/status/ngx_scim_health.h"
#include "http/status/ngx_scim_html.h"
#include "http/status/ngx_scim_status_ctx.h"


static void ngx_scim_html_summary(ngx_scim_status_t *st, ngx_scim_text_t *text);
static void ngx_scim_html_log(ngx_scim_status_t *st, ngx_scim_text_t *text);
static void ngx_scim_html_log_form(ngx_scim_status_t *st,
    ngx_scim_text_t *text);
static void ngx_scim_html_record(ngx_scim_status_t *st, ngx_scim_text_t *text,
    ngx_scim_log_record_t *record);
static void ngx_scim_html_older(ngx_scim_status_t *st, ngx_scim_text_t *text);
static void ngx_scim_html_cycles(ngx_scim_text_t *text, ngx_scim_org_t *org);
static void ngx_scim_html_cycle(ngx_scim_text_t *text,
    ngx_scim_cycle_record_t *cycle);
static void ngx_scim_html_tokens(ngx_scim_text_t *text, ngx_scim_org_t *org);
static void ngx_scim_html_token(ngx_scim_text_t *text,
    ngx_scim_token_record_t *token);


static const ngx_scim_column_t  ngx_scim_html_log_columns[] = {
    { "Time (UTC)", "time" },
    { "Operation", NULL },
    { "Resource", "resource" },
    { "Status", NULL },
    { "Detail", "detail" },
    { "Token", NULL },
    { "Request", "request" },
    { NULL, NULL }
};

static const ngx_scim_column_t  ngx_scim_html_cycle_columns[] = {
    { "Began (UTC)", "time" },
    { "Last request (UTC)", "time" },
    { "Requests", "number" },
    { "Operations", "number" },
    { "Created", "number" },
    { "Updated", "number" },
    { "Disabled", "number" },
    { "Deleted", "number" },
    { "Failed", "number" },
    { "Quarantine", NULL },
    { NULL, NULL }
};

static const ngx_scim_column_t  ngx_scim_html_token_columns[] = {
    { "Name", NULL },
    { "State", NULL },
    { "Rights", NULL },
    { "Created (UTC)", "time" },
    { "Expires (UTC)", "time" },
    { "Last used (UTC)", "time" },
    { NULL, NULL }
};


void
ngx_scim_html_one(ngx_scim_status_t *st, ngx_scim_text_t *text)
{
    ngx_scim_html_head(text, &st->name, "");

    ngx_scim_text_print(text,
                        "<nav class=\"pages\" aria-label=\"Parts\">\n"
                        "<a href=\"?\">All organizations</a>\n"
                        "<a href=\"#log\">Log</a>\n"
                        "<a href=\"#cycles\">Cycles</a>\n"
                        "<a href=\"#tokens\">Tokens</a>\n"
                        "</nav>\n"
                        "<h1>%V</h1>\n", &st->name);

    ngx_scim_text_print(text, "<div id=\"summary\" data-live>\n");
    ngx_scim_html_summary(st, text);
    ngx_scim_text_print(text, "</div>\n");

    ngx_scim_html_log(st, text);
    ngx_scim_html_cycles(text, st->orgs);
    ngx_scim_html_tokens(text, st->orgs);
}


static void
ngx_scim_html_summary(ngx_scim_status_t *st, ngx_scim_text_t *text)
{
    ngx_uint_t         i;
    ngx_scim_org_t    *org;
    ngx_scim_cycle_t  *n;

    org = st->orgs;
    n = &org->cycle.count;

    const struct {
        const char  *name;
        ngx_uint_t   value;
    } tiles[] = {
        { "Users", org->users },
        { "Groups", org->groups },
        { "Operations", n->events },
        { "Created", n->created },
        { "Updated", n->updated },
        { "Disabled", n->disabled },
        { "Deleted", n->deleted }
    };

    ngx_scim_text_print(text, "<p>");
    ngx_scim_html_health(st, text, org);
    ngx_scim_text_print(text, " %s", ngx_scim_status_health(org)->reason);

    if (n->last) {
        ngx_scim_text_print(text, org->cycle.running
                                  ? " The cycle is running since "
                                  : " The latest cycle began ");
        ngx_scim_html_time(text, n->began);
        ngx_scim_text_print(text, " UTC");
        ngx_scim_html_rate(text, ", at ", n);
        ngx_scim_text_print(text, "; its latest request came ");
        ngx_scim_html_ago(text, n->last);
        ngx_scim_text_print(text, ".");
    }

    ngx_scim_text_print(text, "</p>\n<dl class=\"tiles\">\n");

    for (i = 0; i < sizeof(tiles) / sizeof(tiles[0]); i++) {
        ngx_scim_text_print(text, "<div><dt>%s</dt><dd>%u</dd></div>\n",
                            tiles[i].name, tiles[i].value);
    }

    ngx_scim_text_print(text, "<div><dt>Failed</dt><dd>");
    ngx_scim_html_failed(text, &org->cycle);
    ngx_scim_text_print(text, "</dd></div>\n</dl>\n");
}


static void
ngx_scim_html_log(ngx_scim_status_t *st, ngx_scim_text_t *text)
{
    ngx_uint_t              i;
    ngx_scim_log_record_t  *record;

    ngx_scim_text_print(text, "<section>\n<h2>Log</h2>\n");
    ngx_scim_html_log_form(st, text);

    ngx_scim_text_print(text, "<div id=\"log\" data-live>\n");
    ngx_scim_html_table(text, "Changes and failures, the latest first",
                        ngx_scim_html_log_columns);

    record = st->log.records.elts;

    for (i = 0; i < st->log.records.nelts; i++) {
        ngx_scim_html_record(st, text, &record[i]);
    }

    ngx_scim_html_table_end(text, st->log.records.nelts,
                            st->search.len || st->log.failed
                            ? "No entry matches." : "There is no entry.");

    ngx_scim_html_older(st, text);
    ngx_scim_text_print(text, "</div>\n</section>\n");
}


static void
ngx_scim_html_log_form(ngx_scim_status_t *st, ngx_scim_text_t *text)
{
    ngx_scim_text_print(text,
                        "<form method=\"get\" role=\"search\">\n"
                        "<input type=\"hidden\" name=\"org\" value=\"%V\">\n"
                        "<label for=\"search\">Text</label>\n"
                        "<input type=\"search\" id=\"search\" name=\"search\""
                        " value=\"%V\" maxlength=\"256\""
                        " placeholder=\"operation, id, detail, request\">\n"
                        "<span class=\"check\">"
                        "<input type=\"checkbox\" id=\"failed\""
                        " name=\"failed\" value=\"on\"%s>\n"
                        "<label for=\"failed\">Failures only</label></span>\n"
                        "<button>Search</button>\n",
                        &st->name, &st->search,
                        st->log.failed ? " checked" : "");

    if (st->search.len || st->log.failed || st->log.before.len) {
        ngx_scim_text_print(text, "<a href=\"?org=%U\">Show the latest</a>\n",
                            &st->name);
    }

    ngx_scim_text_print(text, "</form>\n");
}


static void
ngx_scim_html_record(ngx_scim_status_t *st, ngx_scim_text_t *text,
    ngx_scim_log_record_t *record)
{
    ngx_str_t                 brief;
    ngx_scim_log_entry_t     *e;
    const ngx_scim_column_t  *c;

    e = &record->entry;
    c = ngx_scim_html_log_columns;

    ngx_scim_text_print(text, "<tr role=\"row\" data-key=\"%V\"",
                        &record->key);
    ngx_scim_text_print(text, e->status.len && e->status.data[0] >= '4'
                              ? " class=\"bad\">" : ">");

    ngx_scim_html_cell(text, &c[0]);
    ngx_scim_html_time(text, ngx_scim_status_time(record));
    ngx_scim_html_text(text, &c[1], &e->op, "unknown");

    ngx_scim_html_cell(text, &c[2]);
    ngx_scim_text_print(text, "%V %V", &e->type, &e->name);

    if (e->id.len) {
        ngx_scim_text_print(text, " <code>%V</code>", &e->id);
    }

    ngx_scim_html_cell(text, &c[3]);
    ngx_scim_text_print(text, "<b>%V</b> %V", &e->status, &e->scim_type);
    ngx_scim_html_text(text, &c[4], &e->detail, "");
    ngx_scim_html_text(text, &c[5], &e->token, "");

    brief = e->request;
    brief.len = ngx_min(brief.len, 8);

    ngx_scim_html_cell(text, &c[6]);
    ngx_scim_text_print(text,
                        "<a href=\"?org=%U&amp;search=%U\" title=\"%V\">"
                        "<code>%V</code></a></tr>\n",
                        &st->name, &e->request, &e->request, &brief);
}


static void
ngx_scim_html_older(ngx_scim_status_t *st, ngx_scim_text_t *text)
{
    if (st->log.next.len == 0) {
        return;
    }

    if (st->log.records.nelts < st->log.count) {
        ngx_scim_text_print(text,
                            "<p>%u entries have been looked at; there are "
                            "older ones.</p>\n", st->log.scanned);
    }

    ngx_scim_text_print(text,
                        "<nav class=\"pages\" aria-label=\"Pages of the log\">"
                        "<a rel=\"next\" href=\"?org=%U&amp;search=%U",
                        &st->name, &st->search);
    ngx_scim_text_print(text, st->log.failed ? "&amp;failed=on" : "");
    ngx_scim_text_print(text, "&amp;before=%U\">Older entries</a></nav>\n",
                        &st->log.next);
}


static void
ngx_scim_html_cycles(ngx_scim_text_t *text, ngx_scim_org_t *org)
{
    ngx_uint_t                i;
    ngx_scim_cycle_record_t  *cycle;

    ngx_scim_text_print(text,
                        "<section>\n<h2>Cycles</h2>\n"
                        "<div id=\"cycles\" data-live>\n");
    ngx_scim_html_table(text, "Cycles that have ended, the latest first",
                        ngx_scim_html_cycle_columns);

    cycle = org->cycles.elts;

    for (i = 0; i < org->cycles.nelts; i++) {
        ngx_scim_html_cycle(text, &cycle[i]);
    }

    ngx_scim_html_table_end(text, org->cycles.nelts, "None has ended yet.");
    ngx_scim_text_print(text, "</div>\n</section>\n");
}


static void
ngx_scim_html_cycle(ngx_scim_text_t *text, ngx_scim_cycle_record_t *cycle)
{
    ngx_uint_t                i;
    ngx_scim_cycle_t         *n;
    const ngx_scim_column_t  *c;

    n = &cycle->count;
    c = ngx_scim_html_cycle_columns;

    const ngx_uint_t  numbers[] = {
        n->requests, n->events, n->created, n->updated, n->disabled, n->deleted
    };

    ngx_scim_text_print(text, "<tr role=\"row\" data-key=\"%T\">", n->began);

    ngx_scim_html_cell(text, &c[0]);
    ngx_scim_html_time(text, n->began);
    ngx_scim_html_cell(text, &c[1]);
    ngx_scim_html_time(text, n->last);

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        ngx_scim_html_number(text, &c[2 + i], numbers[i]);
    }

    ngx_scim_html_cell(text, &c[8]);
    ngx_scim_html_failed(text, cycle);
    ngx_scim_html_cell(text, &c[9]);
    ngx_scim_text_print(text, "%s</tr>\n",
                        cycle->quarantine ? "yes" : "no");
}


static void
ngx_scim_html_tokens(ngx_scim_text_t *text, ngx_scim_org_t *org)
{
    ngx_uint_t                i;
    ngx_scim_token_record_t  *token;

    ngx_scim_text_print(text,
                        "<section>\n<h2>Tokens</h2>\n"
                        "<div id=\"tokens\" data-live>\n");
    ngx_scim_html_table(text, "Tokens in Redis", ngx_scim_html_token_columns);

    token = org->tokens.elts;

    for (i = 0; i < org->tokens.nelts; i++) {
        ngx_scim_html_token(text, &token[i]);
    }

    ngx_scim_html_table_end(text, org->tokens.nelts,
                            "None is listed in Redis; those of a token file "
                            "are not shown.");
    ngx_scim_text_print(text, "</div>\n</section>\n");
}


static void
ngx_scim_html_token(ngx_scim_text_t *text, ngx_scim_token_record_t *token)
{
    const char               *state, *rights, *never;
    const ngx_scim_column_t  *c;

    c = ngx_scim_html_token_columns;
    state = ngx_scim_status_token(token);

    rights = ngx_scim_tokens_scope(&token->scope) == 1 ? "read"
             : ngx_scim_tokens_scope(&token->scope) == 0 ? "read and write"
             : "none";

    never = token->tenant.len ? "never" : "unknown";

    ngx_scim_text_print(text,
                        "<tr role=\"row\" data-key=\"%V\">"
                        "<th role=\"rowheader\" scope=\"row\">%V</th>",
                        &token->name, &token->name);

    ngx_scim_html_cell(text, &c[1]);
    ngx_scim_text_print(text, "<span class=\"health %s\">%s</span>", state,
                        state);
    ngx_scim_html_cell(text, &c[2]);
    ngx_scim_text_print(text, "%s", rights);
    ngx_scim_html_when(text, &c[3], &token->created, "unknown");
    ngx_scim_html_when(text, &c[4], &token->expires, never);
    ngx_scim_html_when(text, &c[5], &token->used, never);
    ngx_scim_text_print(text, "</tr>\n");
}
