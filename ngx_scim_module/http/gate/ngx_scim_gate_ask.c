/*
 * Asks Redis whether a user may pass.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "base/ngx_scim_str.h"
#include "store/call/ngx_scim_store.h"
#include "http/core/ngx_scim_conf.h"
#include "http/gate/ngx_scim_gate_ask.h"


#define NGX_SCIM_GATE_POOL  4096


struct ngx_scim_gate_ask_s {
    ngx_pool_t                *pool;        /* of its own, as it can last longer
                                               than a request */
    ngx_scim_gate_loc_conf_t  *conf;
    ngx_scim_gate_who_t        who;
    ngx_scim_store_t           store;
    ngx_scim_person_t          person;
    ngx_scim_gate_answer_t     answer;
    ngx_scim_gate_ask_pt       handler;
    void                      *data;
};


static ngx_int_t ngx_scim_gate_ask_begin(ngx_scim_gate_ask_t *ask,
    ngx_scim_gate_who_t *who);
static void ngx_scim_gate_ask_have(void *data, ngx_scim_result_e result);
static ngx_int_t ngx_scim_gate_ask_answer(ngx_scim_gate_ask_t *ask);
static ngx_scim_zone_t *ngx_scim_gate_ask_zone(void);


ngx_int_t
ngx_scim_gate_ask_key(ngx_scim_gate_loc_conf_t *conf, ngx_pool_t *pool,
    ngx_scim_gate_who_t *who)
{
    size_t   len;
    u_char  *p, *text;

    len = NGX_SCIM_DIGEST_LEN + who->tenant.len + 1 + who->name.len;

    text = ngx_pnalloc(pool, len);
    if (text == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(text, conf->digest, NGX_SCIM_DIGEST_LEN);
    p = ngx_cpymem(p, who->tenant.data, who->tenant.len);
    *p++ = '\0';
    ngx_memcpy(p, who->name.data, who->name.len);

    ngx_scim_digest(text, len, who->key);

    return NGX_OK;
}


ngx_int_t
ngx_scim_gate_ask_known(ngx_scim_gate_loc_conf_t *conf,
    ngx_scim_gate_who_t *who, ngx_pool_t *pool,
    ngx_scim_gate_answer_t *answer)
{
    ngx_int_t                  rc;
    ngx_msec_t                 proved;
    ngx_scim_zone_t           *zone;
    ngx_scim_gate_server_t    *server;

    zone = ngx_scim_gate_ask_zone();
    server = conf->server;

    if (server->feed == NULL) {
        return NGX_DECLINED;
    }

    rc = ngx_scim_gate_known_get(zone, who->key, pool, answer);

    if (rc != NGX_OK) {
        return rc;
    }

    if (!ngx_scim_feed_alive(server->feed, &proved)
        || !ngx_scim_gate_ask_fresh(conf, answer))
    {
        return NGX_AGAIN;
    }

    (void) ngx_atomic_fetch_add(&ngx_scim_gate_known_counters(zone)->memory, 1);

    return NGX_OK;
}


ngx_uint_t
ngx_scim_gate_ask_fresh(ngx_scim_gate_loc_conf_t *conf,
    ngx_scim_gate_answer_t *answer)
{
    ngx_scim_heard_t  *heard;

    if (conf->server->feed == NULL) {
        return 0;
    }

    heard = conf->server->known->heard;

    return !ngx_scim_heard_user(heard, &answer->basis)
           && !ngx_scim_heard_group(heard, &answer->basis)
           && !ngx_scim_heard_missed(heard, &answer->basis)
           && (ngx_msec_int_t) (ngx_current_msec - answer->asked)
              < (ngx_msec_int_t) conf->valid;
}


ngx_scim_gate_ask_t *
ngx_scim_gate_ask(ngx_scim_gate_loc_conf_t *conf, ngx_scim_gate_who_t *who,
    ngx_scim_gate_ask_pt handler, void *data)
{
    ngx_pool_t           *pool;
    ngx_scim_gate_ask_t  *ask;

    pool = ngx_create_pool(NGX_SCIM_GATE_POOL, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    ask = ngx_pcalloc(pool, sizeof(ngx_scim_gate_ask_t));

    if (ask != NULL) {
        ask->pool = pool;
        ask->conf = conf;
        ask->handler = handler;
        ask->data = data;

        if (ngx_scim_gate_ask_begin(ask, who) == NGX_OK) {
            return ask;
        }
    }

    ngx_destroy_pool(pool);

    return NULL;
}


/* a change after this moment is not in the answer for certain */

static ngx_int_t
ngx_scim_gate_ask_begin(ngx_scim_gate_ask_t *ask, ngx_scim_gate_who_t *who)
{
    ngx_scim_gate_server_t    *server;
    ngx_scim_gate_counters_t  *counters;

    server = ask->conf->server;
    counters = ngx_scim_gate_known_counters(ngx_scim_gate_ask_zone());

    if (counters != NULL) {
        (void) ngx_atomic_fetch_add(&counters->redis, 1);
    }

    ask->who = *who;
    ask->who.tenant = ngx_scim_cstring(ask->pool, who->tenant.data,
                                       who->tenant.len);
    ask->who.name = ngx_scim_cstring(ask->pool, who->name.data,
                                     who->name.len);

    if (ask->who.tenant.data == NULL || ask->who.name.data == NULL) {
        return NGX_ERROR;
    }

    ask->answer.asked = ngx_current_msec;

    if (server->feed != NULL) {
        ask->answer.basis.changes = server->known->heard->changes;
    }

    ngx_scim_store_init(&ask->store, ask->pool, ngx_cycle->log,
                        server->server->link, &ask->who.tenant);

    return ngx_scim_person_read(&ask->store, &ask->conf->wanted,
                                &ask->who.name, &ask->person,
                                ngx_scim_gate_ask_have, ask);
}


void
ngx_scim_gate_ask_abort(ngx_scim_gate_ask_t *ask)
{
    ngx_scim_store_detach(&ask->store);
    ngx_destroy_pool(ask->pool);
}


static void
ngx_scim_gate_ask_have(void *data, ngx_scim_result_e result)
{
    ngx_scim_gate_ask_t *ask = data;

    ngx_int_t    rc;
    ngx_pool_t  *pool;

    pool = ask->pool;

    rc = result == NGX_SCIM_STORE_OK ? ngx_scim_gate_ask_answer(ask)
                                     : NGX_ERROR;

    ask->handler(ask->data, rc, &ask->answer);

    ngx_destroy_pool(pool);
}


static ngx_int_t
ngx_scim_gate_ask_answer(ngx_scim_gate_ask_t *ask)
{
    ngx_scim_gate_answer_t  *answer;

    answer = &ask->answer;
    answer->state = ask->person.state;

    if (ngx_scim_permit_texts(ask->pool, ngx_cycle->log, &ask->person,
                              answer->texts)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_scim_heard_rest(&answer->basis, &ask->who.tenant, &ask->person.id);

    if (ask->conf->server->feed != NULL) {
        ngx_scim_gate_known_put(ngx_scim_gate_ask_zone(), ask->who.key,
                                answer);
    }

    return NGX_OK;
}


static ngx_scim_zone_t *
ngx_scim_gate_ask_zone(void)
{
    ngx_scim_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(ngx_cycle, ngx_scim_module);

    return &mcf->zone;
}
