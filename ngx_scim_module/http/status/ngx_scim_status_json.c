/*
 * The status as JSON. Unknown values are left out.
 */

#include "http/status/ngx_scim_status_json.h"
#include "store/call/ngx_scim_store.h"
#include "store/org/ngx_scim_org.h"
#include "store/org/ngx_scim_token.h"
#include "store/org/ngx_scim_cycle.h"
#include "store/org/ngx_scim_log.h"
#include "store/org/ngx_scim_log_read.h"
#include "http/core/ngx_scim_text.h"
#include "http/core/ngx_scim_conf.h"
#include "http/status/ngx_scim_health.h"
#include "http/status/ngx_scim_quota.h"
#include "http/status/ngx_scim_status_ctx.h"
#include "ngx_scim_version.h"


static void ngx_scim_json_org(ngx_scim_status_t *st, ngx_scim_text_t *text,
    ngx_scim_org_t *org);
static void ngx_scim_json_near(ngx_scim_status_t *st, ngx_scim_text_t *text,
    ngx_scim_org_t *org);
static void ngx_scim_json_cycle(ngx_scim_text_t *text,
    ngx_scim_cycle_record_t *cycle);
static void ngx_scim_json_all(ngx_scim_status_t *st, ngx_scim_text_t *text);
static void ngx_scim_json_one(ngx_scim_status_t *st, ngx_scim_text_t *text);
static void ngx_scim_json_tokens(ngx_scim_text_t *text, ngx_array_t *tokens);
static void ngx_scim_json_log(ngx_scim_status_t *st, ngx_scim_text_t *text);
static void ngx_scim_json_record(ngx_scim_text_t *text,
    ngx_scim_log_record_t *record);


void
ngx_scim_status_json(ngx_scim_status_t *st, ngx_scim_text_t *text)
{
    ngx_scim_text_print(text, "{\"time\":\"%T\",\"version\":\""
                        NGX_SCIM_VERSION "\",", ngx_time());

    if (st->name.len) {
        ngx_scim_json_one(st, text);

    } else {
        ngx_scim_json_all(st, text);
    }

    ngx_scim_text_print(text, "}\n");
}


void
ngx_scim_status_json_error(const ngx_scim_status_error_t *err,
    ngx_scim_text_t *text)
{
    ngx_scim_text_print(text, "{\"status\":%u,\"error\":\"%s\"}\n",
                        err->status, err->detail);
}


static void
ngx_scim_json_all(ngx_scim_status_t *st, ngx_scim_text_t *text)
{
    ngx_uint_t  i;

    ngx_scim_text_print(text, "\"total\":%u,\"page\":%u,\"pages\":%u,",
                        st->names.nelts, st->page, st->pages);

    if (st->page < st->pages) {
        ngx_scim_text_print(text, "\"next\":\"?search=%U&page=%u\",",
                            &st->search, st->page + 1);
    }

    ngx_scim_text_print(text, "\"organizations\":[");

    for (i = 0; i < st->norgs; i++) {
        ngx_scim_text_print(text, i ? ",{" : "{");
        ngx_scim_json_org(st, text, &st->orgs[i]);
        ngx_scim_text_print(text, "}");
    }

    ngx_scim_text_print(text, "]");
}


static void
ngx_scim_json_org(ngx_scim_status_t *st, ngx_scim_text_t *text,
    ngx_scim_org_t *org)
{
    const ngx_scim_health_t  *health;

    health = ngx_scim_status_health(org);

    ngx_scim_text_print(text, "\"name\":\"%V\",\"users\":%u,\"groups\":%u,"
                        "\"health\":\"%s\"", &org->name, org->users,
                        org->groups, health->name);

    ngx_scim_json_near(st, text, org);

    if (org->cycle.running) {
        ngx_scim_text_print(text, ",\"running\":");
        ngx_scim_json_cycle(text, &org->cycle);
    }

    if (ngx_scim_status_ended(org) != NULL) {
        ngx_scim_text_print(text, ",\"last\":");
        ngx_scim_json_cycle(text, ngx_scim_status_ended(org));
    }
}


/* numbers of at most 15 digits */

static void
ngx_scim_json_near(ngx_scim_status_t *st, ngx_scim_text_t *text,
    ngx_scim_org_t *org)
{
    ngx_uint_t            i, n;
    ngx_scim_quota_t      quota[NGX_SCIM_QUOTAS];
    ngx_scim_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(st->request, ngx_scim_module);
    n = ngx_scim_quotas(&lcf->limits, org, quota);

    for (i = 0; i < n; i++) {
        ngx_scim_text_print(text, i ? ",\"%s\":{\"has\":%u,\"limit\":%u}"
                                    : ",\"nearLimit\":{\"%s\":{\"has\":%u,"
                                      "\"limit\":%u}",
                            quota[i].name, (ngx_uint_t) quota[i].has,
                            (ngx_uint_t) quota[i].most);
    }

    ngx_scim_text_print(text, n ? "}" : "");
}


static void
ngx_scim_json_cycle(ngx_scim_text_t *text, ngx_scim_cycle_record_t *cycle)
{
    ngx_uint_t         share;
    ngx_scim_cycle_t  *n;

    n = &cycle->count;
    share = ngx_scim_status_share(cycle);

    ngx_scim_text_print(text,
                        "{\"began\":\"%T\",\"last\":\"%T\",\"requests\":%u,"
                        "\"events\":%u,\"created\":%u,\"updated\":%u,"
                        "\"disabled\":%u,\"deleted\":%u,\"failed\":%u,"
                        "\"failedPercent\":%u.%u,\"quarantine\":%s",
                        n->began, n->last, n->requests, n->events, n->created,
                        n->updated, n->disabled, n->deleted, n->failed,
                        share / 10, share % 10,
                        cycle->quarantine ? "true" : "false");

    if (ngx_scim_status_rate(n)) {
        ngx_scim_text_print(text, ",\"perMinute\":%u",
                            ngx_scim_status_rate(n));
    }

    ngx_scim_text_print(text, "}");
}


static void
ngx_scim_json_one(ngx_scim_status_t *st, ngx_scim_text_t *text)
{
    ngx_uint_t                i;
    ngx_scim_org_t           *org;
    ngx_scim_cycle_record_t  *cycle;

    org = st->orgs;
    ngx_scim_json_org(st, text, org);

    ngx_scim_text_print(text, ",\"cycles\":[");
    cycle = org->cycles.elts;

    for (i = 0; i < org->cycles.nelts; i++) {
        ngx_scim_text_print(text, i ? "," : "");
        ngx_scim_json_cycle(text, &cycle[i]);
    }

    ngx_scim_text_print(text, "]");

    ngx_scim_json_tokens(text, &org->tokens);
    ngx_scim_json_log(st, text);
}


static void
ngx_scim_json_tokens(ngx_scim_text_t *text, ngx_array_t *tokens)
{
    ngx_uint_t                i, k;
    ngx_scim_token_record_t  *token;

    ngx_scim_text_print(text, ",\"tokens\":[");
    token = tokens->elts;

    for (i = 0; i < tokens->nelts; i++) {
        struct {
            const char  *name;
            ngx_str_t   *value;
        } fields[] = {
            { "scope", &token[i].scope },
            { "created", &token[i].created },
            { "expires", &token[i].expires },
            { "used", &token[i].used }
        };

        ngx_scim_text_print(text, "%s{\"name\":\"%V\",\"state\":\"%s\"",
                            i ? "," : "", &token[i].name,
                            ngx_scim_status_token(&token[i]));

        for (k = 0; k < sizeof(fields) / sizeof(fields[0]); k++) {
            if (fields[k].value->len) {
                ngx_scim_text_print(text, ",\"%s\":\"%V\"", fields[k].name,
                                    fields[k].value);
            }
        }

        ngx_scim_text_print(text, "}");
    }

    ngx_scim_text_print(text, "]");
}


static void
ngx_scim_json_log(ngx_scim_status_t *st, ngx_scim_text_t *text)
{
    ngx_uint_t              i;
    ngx_scim_log_record_t  *record;

    ngx_scim_text_print(text, ",\"log\":[");
    record = st->log.records.elts;

    for (i = 0; i < st->log.records.nelts; i++) {
        ngx_scim_text_print(text, i ? "," : "");
        ngx_scim_json_record(text, &record[i]);
    }

    ngx_scim_text_print(text, "]");

    if (st->log.next.len) {
        ngx_scim_text_print(text,
                            ",\"next\":\"?org=%U&search=%U%s&before=%U\"",
                            &st->name, &st->search,
                            st->log.failed ? "&failed=on" : "",
                            &st->log.next);
    }
}


static void
ngx_scim_json_record(ngx_scim_text_t *text, ngx_scim_log_record_t *record)
{
    ngx_int_t    n;
    ngx_str_t   *name, *value;
    ngx_uint_t   i;

    ngx_scim_text_print(text, "{\"key\":\"%V\",\"time\":\"%T\"", &record->key,
                        ngx_scim_status_time(record));

    for (i = 0;
         (value = ngx_scim_log_field(&record->entry, i, &name)) != NULL;
         i++)
    {
        if (value->len == 0) {
            continue;
        }

        if (value == &record->entry.status || value == &record->entry.ms) {
            n = ngx_atoi(value->data, value->len);
            ngx_scim_text_print(text, ",\"%V\":%u", name,
                                (ngx_uint_t) ngx_max(n, 0));
            continue;
        }

        ngx_scim_text_print(text, ",\"%V\":\"%V\"", name, value);
    }

    ngx_scim_text_print(text, "}");
}
