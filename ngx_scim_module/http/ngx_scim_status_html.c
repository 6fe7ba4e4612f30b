/*
 * The status as a page, which does without JavaScript.
 */

#include <openssl/sha.h>

#include "ngx_scim_status.h"
#include "ngx_scim_status_assets.h"


typedef struct {
    const char  *title;
    const char  *class;
} ngx_scim_column_t;


static void ngx_scim_html_head(ngx_scim_text_t *text, ngx_str_t *name,
    const char *title);
static void ngx_scim_html_foot(ngx_scim_text_t *text);
static void ngx_scim_html_all(ngx_scim_status_t *st, ngx_scim_text_t *text);
static void ngx_scim_html_search(ngx_scim_status_t *st, ngx_scim_text_t *text);
static void ngx_scim_html_org(ngx_scim_text_t *text, ngx_scim_org_t *org);
static void ngx_scim_html_pages(ngx_scim_status_t *st, ngx_scim_text_t *text);
static void ngx_scim_html_one(ngx_scim_status_t *st, ngx_scim_text_t *text);
static void ngx_scim_html_summary(ngx_scim_text_t *text, ngx_scim_org_t *org);
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
static void ngx_scim_html_table(ngx_scim_text_t *text, const char *caption,
    const ngx_scim_column_t *columns);
static void ngx_scim_html_table_begin(ngx_scim_text_t *text);
static void ngx_scim_html_columns(ngx_scim_text_t *text,
    const ngx_scim_column_t *columns);
static void ngx_scim_html_table_end(ngx_scim_text_t *text, ngx_uint_t rows,
    const char *none);
static void ngx_scim_html_cell(ngx_scim_text_t *text,
    const ngx_scim_column_t *column);
static void ngx_scim_html_number(ngx_scim_text_t *text,
    const ngx_scim_column_t *column, ngx_uint_t n);
static void ngx_scim_html_text(ngx_scim_text_t *text,
    const ngx_scim_column_t *column, ngx_str_t *value, const char *none);
static void ngx_scim_html_when(ngx_scim_text_t *text,
    const ngx_scim_column_t *column, ngx_str_t *value, const char *none);
static void ngx_scim_html_failed(ngx_scim_text_t *text,
    ngx_scim_cycle_record_t *cycle);
static void ngx_scim_html_changes(ngx_scim_text_t *text, ngx_scim_cycle_t *n);
static void ngx_scim_html_health(ngx_scim_text_t *text, ngx_scim_org_t *org);
static void ngx_scim_html_time(ngx_scim_text_t *text, time_t sec);
static void ngx_scim_html_ago(ngx_scim_text_t *text, time_t sec);
static size_t ngx_scim_html_hash(const char *asset, u_char *hash);


/* the class is the one of the cells too */

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


static void
ngx_scim_html_foot(ngx_scim_text_t *text)
{
    ngx_scim_text_print(text, "</main>\n<script>");
    ngx_scim_text_raw(text, ngx_scim_status_live,
                      sizeof(ngx_scim_status_live) - 1);
    ngx_scim_text_print(text, "</script>\n</body>\n</html>\n");
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
        ngx_scim_html_org(text, &st->orgs[i]);
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
ngx_scim_html_org(ngx_scim_text_t *text, ngx_scim_org_t *org)
{
    const ngx_scim_column_t  *c;

    c = ngx_scim_html_org_columns;

    ngx_scim_text_print(text,
                        "<tr role=\"row\" data-key=\"%V\">"
                        "<th role=\"rowheader\" scope=\"row\">"
                        "<a href=\"?org=%U\">%V</a></th>",
                        &org->name, &org->name, &org->name);

    ngx_scim_html_cell(text, &c[1]);
    ngx_scim_html_health(text, org);

    ngx_scim_html_number(text, &c[2], org->users);
    ngx_scim_html_number(text, &c[3], org->groups);

    ngx_scim_html_cell(text, &c[4]);

    if (org->cycle.count.last) {
        ngx_scim_html_ago(text, org->cycle.count.last);

    } else {
        ngx_scim_text_print(text, "none");
    }

    if (org->cycle.running) {
        ngx_scim_text_print(text, " <span class=\"running\">running</span>");
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
    ngx_scim_html_summary(text, st->orgs);
    ngx_scim_text_print(text, "</div>\n");

    ngx_scim_html_log(st, text);
    ngx_scim_html_cycles(text, st->orgs);
    ngx_scim_html_tokens(text, st->orgs);
}


static void
ngx_scim_html_summary(ngx_scim_text_t *text, ngx_scim_org_t *org)
{
    ngx_uint_t         i;
    ngx_scim_cycle_t  *n;

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
    ngx_scim_html_health(text, org);
    ngx_scim_text_print(text, " %s", ngx_scim_status_health(org)->reason);

    if (n->last) {
        ngx_scim_text_print(text, org->cycle.running
                                  ? " The cycle is running since "
                                  : " The latest cycle began ");
        ngx_scim_html_time(text, n->began);
        ngx_scim_text_print(text, " UTC; its latest request came ");
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
    const char               *state, *rights;
    const ngx_scim_column_t  *c;

    c = ngx_scim_html_token_columns;
    state = ngx_scim_status_token(token);

    rights = ngx_scim_tokens_scope(&token->scope) == 1 ? "read"
             : ngx_scim_tokens_scope(&token->scope) == 0 ? "read and write"
             : "none";

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
    ngx_scim_html_when(text, &c[4], &token->expires, "never");
    ngx_scim_html_when(text, &c[5], &token->used, "never");
    ngx_scim_text_print(text, "</tr>\n");
}


static void
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

static void
ngx_scim_html_table_begin(ngx_scim_text_t *text)
{
    ngx_scim_text_print(text, "<table role=\"table\">\n<caption>");
}


static void
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


static void
ngx_scim_html_table_end(ngx_scim_text_t *text, ngx_uint_t rows,
    const char *none)
{
    ngx_scim_text_print(text, "</tbody>\n</table>\n");

    if (rows == 0) {
        ngx_scim_text_print(text, "<p class=\"none\">%s</p>\n", none);
    }
}


/* begins one; end tags are left out, as HTML allows */

static void
ngx_scim_html_cell(ngx_scim_text_t *text, const ngx_scim_column_t *column)
{
    ngx_scim_text_print(text, column->class
                              ? "\n<td role=\"cell\" data-label=\"%s\""
                                " class=\"%s\">"
                              : "\n<td role=\"cell\" data-label=\"%s\">",
                        column->title, column->class);
}


static void
ngx_scim_html_number(ngx_scim_text_t *text, const ngx_scim_column_t *column,
    ngx_uint_t n)
{
    ngx_scim_html_cell(text, column);
    ngx_scim_text_print(text, "%u", n);
}


static void
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

static void
ngx_scim_html_when(ngx_scim_text_t *text, const ngx_scim_column_t *column,
    ngx_str_t *value, const char *none)
{
    time_t  sec;

    sec = value->len ? ngx_scim_tokens_time(value) : NGX_ERROR;

    if (sec == NGX_ERROR) {
        ngx_scim_html_text(text, column, value, none);
        return;
    }

    ngx_scim_html_cell(text, column);
    ngx_scim_html_time(text, sec);
}


static void
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


static void
ngx_scim_html_health(ngx_scim_text_t *text, ngx_scim_org_t *org)
{
    const ngx_scim_health_t  *health;

    health = ngx_scim_status_health(org);

    ngx_scim_text_print(text, "<span class=\"health %s\">%s</span>",
                        health->name, health->label);
}


static void
ngx_scim_html_time(ngx_scim_text_t *text, time_t sec)
{
    u_char     shown[NGX_SCIM_TIME_LEN];
    ngx_str_t  time;

    time.data = shown;
    time.len = ngx_scim_tokens_time_print(shown, sec) - shown - 1;
    shown[sizeof("2030-01-31") - 1] = ' ';

    ngx_scim_text_print(text, "<time datetime=\"%T\">%V</time>", sec, &time);
}


static void
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
