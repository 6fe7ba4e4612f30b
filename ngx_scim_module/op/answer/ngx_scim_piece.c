/*
 * Answers in pieces. Of a list a batch of documents is read, then what is
 * computed of some of them; what is known is written, and the rest waits until
 * the client has taken that. What was read for a piece is gone before the next,
 * so that an answer of any length takes the same memory.
 */

#include "op/answer/ngx_scim_answer.h"
#include "store/call/ngx_scim_store.h"
#include "store/data/ngx_scim_member.h"
#include "store/data/ngx_scim_resource.h"
#include "store/data/ngx_scim_slice.h"
#include "store/data/ngx_scim_user_groups.h"
#include "scim/core/scim_alloc.h"
#include "scim/json/scim_json.h"


#define NGX_SCIM_LIST_URN                                                     \
    "urn:ietf:params:scim:api:messages:2.0:ListResponse"

#define NGX_SCIM_BATCH        128      /* documents that are read at once */
#define NGX_SCIM_BATCH_BYTES  262144   /* of them, more or less */
#define NGX_SCIM_BATCH_MOST   524288   /* takes no other document beyond it */
#define NGX_SCIM_BATCH_LINKS  4096     /* more are not kept for another piece */
#define NGX_SCIM_BATCH_SETS   64       /* groups whose members are read */
#define NGX_SCIM_BATCH_LONG   1024     /* links, more of which need a turn */
#define NGX_SCIM_PIECE        262144   /* begins no other resource beyond it */
#define NGX_SCIM_COST         4194304  /* nor beyond this time to copy bytes */
#define NGX_SCIM_PIECE_POOL   16384


static ngx_int_t ngx_scim_answer_more(ngx_scim_op_t *op);
static ngx_int_t ngx_scim_answer_go_on(ngx_scim_op_t *op);
static ngx_int_t ngx_scim_answer_turn(ngx_scim_op_t *op);
static void ngx_scim_answer_resume(void *data, ngx_scim_result_e result);
static ngx_scim_store_handler_pt ngx_scim_answer_handler(ngx_scim_op_t *op);

static ngx_int_t ngx_scim_answer_read(ngx_scim_op_t *op);
static ngx_int_t ngx_scim_answer_read_batch(ngx_scim_op_t *op,
    ngx_uint_t end);
static void ngx_scim_answer_have_batch(ngx_scim_answer_t *answer);
static ngx_int_t ngx_scim_answer_read_links(ngx_scim_op_t *op);
static ngx_int_t ngx_scim_answer_read_groups(ngx_scim_op_t *op, ngx_uint_t n);
static ngx_int_t ngx_scim_answer_read_members(ngx_scim_op_t *op,
    ngx_uint_t n);
static ngx_uint_t ngx_scim_answer_wants_links(const ngx_scim_view_t *view);

static ngx_int_t ngx_scim_answer_piece(ngx_scim_op_t *op);
static ngx_int_t ngx_scim_answer_piece_size(ngx_scim_op_t *op,
    ngx_uint_t *end, size_t *size);
static size_t ngx_scim_answer_head_size(const ngx_scim_page_t *page);
static u_char *ngx_scim_answer_head(ngx_scim_op_t *op, u_char *p);
static u_char *ngx_scim_answer_tail(ngx_scim_answer_t *answer, u_char *p);

static ngx_int_t ngx_scim_answer_open(ngx_scim_op_t *op, ngx_pool_t **pool);
static void ngx_scim_answer_close(ngx_pool_t **pool);
static void ngx_scim_answer_cleanup(void *data);
static void ngx_scim_answer_tidy(ngx_scim_answer_t *answer);


void
ngx_scim_answer_first(ngx_scim_op_t *op)
{
    ngx_scim_answer_t  *answer;

    answer = op->ctx;
    op->step = ngx_scim_answer_first;

    switch (ngx_scim_answer_go_on(op)) {

    case NGX_OK:
        ngx_scim_op_done(op, answer->status);
        break;

    case NGX_ERROR:
        op->more = NULL;
        ngx_scim_op_nomem(op);
        break;

    default:
        break;
    }
}


/* op->more */

static ngx_int_t
ngx_scim_answer_more(ngx_scim_op_t *op)
{
    ngx_int_t           rc;
    ngx_scim_view_t    *view;
    ngx_scim_answer_t  *answer;

    answer = op->ctx;

    if (!answer->inside) {
        ngx_scim_answer_close(&answer->text);
        return ngx_scim_answer_go_on(op);
    }

    if (ngx_scim_answer_open(op, &answer->text) != NGX_OK) {
        return NGX_ERROR;
    }

    view = answer->page.views->elts;

    rc = ngx_scim_slice_next(&op->store, view[answer->at].slice,
                             ngx_scim_answer_resume, op);

    return rc == NGX_OK ? NGX_AGAIN : NGX_ERROR;
}


/*
 * Writes the next piece to op->answer, or returns NGX_AGAIN: the store has been asked,
 * or it is the turn of another list.
 */

static ngx_int_t
ngx_scim_answer_go_on(ngx_scim_op_t *op)
{
    ngx_int_t  rc;

    rc = ngx_scim_answer_turn(op);

    if (rc == NGX_DECLINED) {
        rc = ngx_scim_answer_read(op);
    }

    if (rc == NGX_DECLINED) {
        rc = ngx_scim_answer_turn(op);
    }

    if (rc == NGX_DECLINED) {
        rc = ngx_scim_answer_read_links(op);
    }

    if (rc == NGX_DECLINED) {
        rc = ngx_scim_answer_turn(op);
    }

    if (rc != NGX_DECLINED) {
        return rc == NGX_ERROR ? NGX_ERROR : NGX_AGAIN;
    }

    rc = ngx_scim_answer_piece(op);

    ngx_scim_turn_end(&op->turn);

    return rc;
}


/*
 * Waits for a turn, if the list has very many links or is longer than a batch.
 * Writing it takes milliseconds, and other requests never wait for several lists.
 * NGX_DECLINED: it is the turn of this list, or it needs none.
 */

static ngx_int_t
ngx_scim_answer_turn(ngx_scim_op_t *op)
{
    ngx_uint_t          i, links;
    ngx_scim_view_t    *view;
    ngx_scim_answer_t  *answer;

    answer = op->ctx;

    if (!answer->list || op->turn.state == NGX_SCIM_TURN_HELD) {
        return NGX_DECLINED;
    }

    view = answer->page.views->elts;
    links = 0;

    for (i = answer->at; i < answer->read; i++) {
        links += view[i].links ? view[i].links->nelts
                 : ngx_scim_answer_links(&view[i]) ? view[i].record->ngroups
                 : 0;
    }

    if (links <= NGX_SCIM_BATCH_LONG && !answer->begun
        && answer->page.views->nelts <= NGX_SCIM_BATCH)
    {
        return NGX_DECLINED;
    }

    ngx_scim_turn_wait(&op->turn, &op->store.tenant,
                       ngx_scim_answer_handler(op), op);

    return NGX_AGAIN;
}


/* behind the first piece: who asked for another waits for it */

static void
ngx_scim_answer_resume(void *data, ngx_scim_result_e result)
{
    ngx_scim_op_t *op = data;

    ngx_int_t           rc;
    scim_alloc_t       *before;
    ngx_scim_answer_t  *answer;

    answer = op->ctx;

    if (result == NGX_SCIM_STORE_UNAVAILABLE) {
        op->broken = "redis is not available";

    } else if (result == NGX_SCIM_STORE_NOT_FOUND && answer->inside) {
        op->broken = "the group was deleted";

    } else if (result == NGX_SCIM_STORE_STALE) {
        op->broken = "the members were replaced";

    } else if (result != NGX_SCIM_STORE_OK
               && result != NGX_SCIM_STORE_NOT_FOUND)
    {
        op->broken = "redis could not carry it out";

    } else {
        before = scim_json_open(&op->alloc);
        rc = answer->inside ? ngx_scim_answer_piece(op)
                            : ngx_scim_answer_go_on(op);
        scim_json_close(before);

        if (rc == NGX_AGAIN) {
            return;
        }

        if (rc == NGX_ERROR) {
            op->broken = "no memory";
        }
    }

    op->piece(op);
}


static ngx_scim_store_handler_pt
ngx_scim_answer_handler(ngx_scim_op_t *op)
{
    ngx_scim_answer_t  *answer;

    answer = op->ctx;

    return answer->begun ? ngx_scim_answer_resume : ngx_scim_op_resume;
}


/* NGX_DECLINED: there are documents, or no more views; so below */

static ngx_int_t
ngx_scim_answer_read(ngx_scim_op_t *op)
{
    ngx_uint_t          i, n;
    ngx_scim_view_t    *view;
    ngx_scim_answer_t  *answer;

    answer = op->ctx;
    view = answer->page.views->elts;
    n = answer->page.views->nelts;

    if (answer->reading) {
        ngx_scim_answer_have_batch(answer);
    }

    if (answer->at < answer->read || answer->at == n) {
        return NGX_DECLINED;
    }

    for (i = answer->at; i < n && view[i].record != NULL; i++) {
        /* void */
    }

    answer->read = i;

    if (i > answer->at) {
        return NGX_DECLINED;
    }

    if (answer->batch == 0) {
        answer->batch = NGX_SCIM_BATCH;
    }

    n = ngx_min(n, i + answer->batch);

    while (i < n && view[i].type == view[answer->at].type
           && view[i].record == NULL)
    {
        i++;
    }

    return ngx_scim_answer_read_batch(op, i);
}


static ngx_int_t
ngx_scim_answer_read_batch(ngx_scim_op_t *op, ngx_uint_t end)
{
    ngx_uint_t          i, n;
    ngx_scim_view_t    *view;
    ngx_scim_answer_t  *answer;
    ngx_scim_record_t  *records;

    answer = op->ctx;
    n = end - answer->at;
    view = answer->page.views->elts;
    view += answer->at;

    if (ngx_scim_answer_open(op, &answer->docs) != NGX_OK) {
        return NGX_ERROR;
    }

    records = ngx_pcalloc(op->store.pool, n * sizeof(ngx_scim_record_t));
    if (records == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        records[i].id = view[i].id;
        view[i].record = &records[i];
    }

    answer->read = end;
    answer->reading = 1;

    return ngx_scim_resource_read_most(&op->store, &view->type->key, records,
                                       n, NGX_SCIM_BATCH_MOST,
                                       ngx_scim_answer_handler(op), op);
}


/* what was too much is read again, in a batch of what would have fit */

static void
ngx_scim_answer_have_batch(ngx_scim_answer_t *answer)
{
    size_t            size;
    ngx_uint_t        i, n;
    ngx_scim_view_t  *view;

    answer->reading = 0;
    view = answer->page.views->elts;
    size = 1;

    for (i = answer->at; i < answer->read && !view[i].record->left; i++) {
        size += view[i].record->doc.len;
    }

    n = answer->read;
    answer->read = i;

    for ( /* void */ ; i < n; i++) {
        view[i].record = NULL;
    }

    n = (answer->read - answer->at) * NGX_SCIM_BATCH_BYTES / size;
    answer->batch = ngx_max(1, ngx_min(n, NGX_SCIM_BATCH));
}


/* of views of one type, and of no more than a piece may need */

static ngx_int_t
ngx_scim_answer_read_links(ngx_scim_op_t *op)
{
    ngx_uint_t           i, n, links;
    ngx_scim_view_t     *view;
    ngx_scim_answer_t   *answer;
    const scim_rtype_t  *rt;

    answer = op->ctx;

    if (answer->at < answer->linked || answer->at == answer->read) {
        return NGX_DECLINED;
    }

    view = answer->page.views->elts;
    rt = view[answer->at].type->rt;

    if (answer->links_batch == 0) {
        answer->links_batch = rt->groups ? NGX_SCIM_BATCH
                                         : NGX_SCIM_BATCH_SETS;
    }

    for (i = answer->at, n = 0, links = 0; i < answer->read; i++) {
        if (!ngx_scim_answer_wants_links(&view[i])) {
            continue;
        }

        links += view[i].record->ngroups;

        if (n > 0 && (view[i].type->rt != rt || n == answer->links_batch
                      || links > NGX_SCIM_BATCH_LINKS))
        {
            break;
        }

        rt = view[i].type->rt;
        n++;
    }

    answer->linked = i;

    if (n == 0) {
        return NGX_DECLINED;
    }

    if (answer->list && ngx_scim_answer_open(op, &answer->links) != NGX_OK) {
        return NGX_ERROR;
    }

    return rt->groups ? ngx_scim_answer_read_groups(op, n)
                      : ngx_scim_answer_read_members(op, n);
}


static ngx_int_t
ngx_scim_answer_read_groups(ngx_scim_op_t *op, ngx_uint_t n)
{
    ngx_str_t          *ids;
    ngx_uint_t          i, k;
    ngx_array_t        *links;
    ngx_scim_view_t    *view;
    ngx_scim_answer_t  *answer;

    answer = op->ctx;
    view = answer->page.views->elts;

    ids = ngx_palloc(op->store.pool, n * sizeof(ngx_str_t));
    links = ngx_pcalloc(op->store.pool, n * sizeof(ngx_array_t));
    if (ids == NULL || links == NULL) {
        return NGX_ERROR;
    }

    for (i = answer->at, k = 0; i < answer->linked; i++) {
        if (!ngx_scim_answer_wants_links(&view[i])) {
            continue;
        }

        if (ngx_array_init(&links[k], op->store.pool, 4,
                           sizeof(ngx_scim_link_id_t))
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        view[i].links = &links[k];
        ids[k++] = view[i].record->id;
    }

    return ngx_scim_member_groups(&op->store, ids, links, n,
                                  ngx_scim_answer_handler(op), op);
}


static ngx_int_t
ngx_scim_answer_read_members(ngx_scim_op_t *op, ngx_uint_t n)
{
    ngx_uint_t          i, k;
    ngx_scim_view_t    *view;
    ngx_scim_slice_t   *slices;
    ngx_scim_answer_t  *answer;

    answer = op->ctx;
    view = answer->page.views->elts;

    slices = ngx_pcalloc(op->store.pool, n * sizeof(ngx_scim_slice_t));
    if (slices == NULL) {
        return NGX_ERROR;
    }

    for (i = answer->at, k = 0; i < answer->linked; i++) {
        if (ngx_scim_answer_wants_links(&view[i])) {
            slices[k].id = view[i].record->id;
            view[i].slice = &slices[k];
            view[i].links = &slices[k++].members;
        }
    }

    return ngx_scim_slice_first(&op->store, slices, n,
                                ngx_scim_answer_handler(op), op);
}


/* are there any, and have they not been read already? */

static ngx_uint_t
ngx_scim_answer_wants_links(const ngx_scim_view_t *view)
{
    return view->links == NULL && view->record->doc.len > 0
           && ngx_scim_answer_links(view) != NULL
           && (view->type->rt->groups == NULL || view->record->ngroups > 0);
}


/*
 * Writes what can be written: the links of the slice that was read, and views up
 * to one that has more links.
 */

static ngx_int_t
ngx_scim_answer_piece(ngx_scim_op_t *op)
{
    size_t              size;
    u_char             *p;
    ngx_uint_t          end;
    ngx_scim_view_t    *view;
    ngx_scim_answer_t  *answer;

    answer = op->ctx;
    view = answer->page.views->elts;

    if (!answer->inside && (answer->list || answer->begun)
        && ngx_scim_answer_open(op, &answer->text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_scim_answer_piece_size(op, &end, &size) != NGX_OK) {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(op->store.pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    op->answer.data = p;

    if (answer->list && !answer->begun) {
        p = ngx_scim_answer_head(op, p);
    }

    answer->begun = 1;

    for ( /* void */ ; answer->at < end; answer->at++) {
        if (view[answer->at].record->doc.len == 0) {
            continue;
        }

        p = ngx_scim_answer_view(op, p, &view[answer->at]);

        if (answer->inside) {
            break;
        }

        answer->written++;
    }

    op->more = (answer->at < answer->page.views->nelts) ? ngx_scim_answer_more
                                                        : NULL;

    if (op->more == NULL && answer->list) {
        p = ngx_scim_answer_tail(answer, p);
    }

    op->answer.len = p - op->answer.data;

    ngx_scim_answer_tidy(answer);

    return NGX_OK;
}


/* an upper bound, and behind which view the piece ends */

static ngx_int_t
ngx_scim_answer_piece_size(ngx_scim_op_t *op, ngx_uint_t *end, size_t *size)
{
    size_t              cost;
    ngx_uint_t          i;
    ngx_scim_view_t    *view;
    ngx_scim_answer_t  *answer;

    answer = op->ctx;
    view = answer->page.views->elts;

    cost = 0;
    *size = sizeof("],\"itemsPerPage\":}") + NGX_INT_T_LEN;

    if (answer->list && !answer->begun) {
        *size += ngx_scim_answer_head_size(&answer->page);
    }

    for (i = answer->at; i < answer->linked; i++) {
        if (*size > NGX_SCIM_PIECE || cost > NGX_SCIM_COST) {
            break;
        }

        if (view[i].record->doc.len == 0) {
            continue;
        }

        cost += ngx_scim_answer_cost(&view[i]);

        if (!answer->inside || i > answer->at) {
            if (ngx_scim_answer_text(op, &view[i]) != NGX_OK) {
                return NGX_ERROR;
            }

        } else {
            view[i].text.len = 0;
        }

        *size += ngx_scim_answer_size(op, &view[i]) + 1;

        if (ngx_scim_answer_goes_on(&view[i])) {
            i++;
            break;
        }
    }

    *end = i;

    return NGX_OK;
}


static size_t
ngx_scim_answer_head_size(const ngx_scim_page_t *page)
{
    return sizeof(NGX_SCIM_LIST_URN) + 192 + 3 * NGX_INT_T_LEN
           + page->next.len + page->previous.len;
}


/*
 * A ListResponse up to its resources (RFC 7644, section 3.4.2; RFC 9865). How
 * many these are is told behind them, unless all have been read: one can be
 * deleted meanwhile.
 */

static u_char *
ngx_scim_answer_head(ngx_scim_op_t *op, u_char *p)
{
    ngx_uint_t          i, there;
    ngx_scim_page_t    *page;
    ngx_scim_view_t    *view;
    ngx_scim_answer_t  *answer;

    answer = op->ctx;
    page = &answer->page;
    view = page->views->elts;

    p = ngx_sprintf(p, "{\"schemas\":[\"" NGX_SCIM_LIST_URN "\"],");

    if (page->counted) {
        p = ngx_sprintf(p, "\"totalResults\":%ui,", page->total);
    }

    if (answer->read == page->views->nelts) {
        for (i = 0, there = 0; i < answer->read; i++) {
            there += (view[i].record->doc.len > 0);
        }

        answer->told = 1;
        p = ngx_sprintf(p, "\"itemsPerPage\":%ui,", there);
    }

    if (!page->cursor) {
        p = ngx_sprintf(p, "\"startIndex\":%l,", op->query.start_index);
    }

    if (page->previous.len > 0) {
        p = ngx_sprintf(p, "\"previousCursor\":\"%V\",", &page->previous);
    }

    if (page->next.len > 0) {
        p = ngx_sprintf(p, "\"nextCursor\":\"%V\",", &page->next);
    }

    return ngx_sprintf(p, "\"Resources\":[");
}


static u_char *
ngx_scim_answer_tail(ngx_scim_answer_t *answer, u_char *p)
{
    *p++ = ']';

    if (!answer->told) {
        p = ngx_sprintf(p, ",\"itemsPerPage\":%ui", answer->written);
    }

    *p++ = '}';

    return p;
}


/* an empty pool, which is that of the store then */

static ngx_int_t
ngx_scim_answer_open(ngx_scim_op_t *op, ngx_pool_t **pool)
{
    ngx_scim_answer_t   *answer;
    ngx_pool_cleanup_t  *cln;

    answer = op->ctx;

    if (!answer->cleaned) {
        cln = ngx_pool_cleanup_add(op->store.pool, 0);
        if (cln == NULL) {
            return NGX_ERROR;
        }

        cln->handler = ngx_scim_answer_cleanup;
        cln->data = answer;
        answer->cleaned = 1;
    }

    ngx_scim_answer_close(pool);

    *pool = ngx_create_pool(NGX_SCIM_PIECE_POOL, op->store.log);
    if (*pool == NULL) {
        return NGX_ERROR;
    }

    op->store.pool = *pool;

    return NGX_OK;
}


static void
ngx_scim_answer_close(ngx_pool_t **pool)
{
    if (*pool != NULL) {
        ngx_destroy_pool(*pool);
        *pool = NULL;
    }
}


static void
ngx_scim_answer_cleanup(void *data)
{
    ngx_scim_answer_t *answer = data;

    ngx_scim_answer_close(&answer->docs);
    ngx_scim_answer_close(&answer->links);
    ngx_scim_answer_close(&answer->text);
}


/*
 * What has been written is not kept until the client has taken it, nor are very
 * many links: those of views that are still to come are read again.
 */

static void
ngx_scim_answer_tidy(ngx_scim_answer_t *answer)
{
    ngx_uint_t        i, links;
    ngx_scim_view_t  *view;

    if (answer->inside) {
        return;
    }

    view = answer->page.views->elts;

    for (i = answer->at, links = 0; i < answer->linked; i++) {
        links += view[i].links ? view[i].links->nelts : 0;
    }

    if (links > NGX_SCIM_BATCH_LINKS) {
        answer->links_batch = ngx_max(answer->links_batch / 4, 1);

        for (i = answer->at; i < answer->linked; i++) {
            view[i].links = NULL;
            view[i].slice = NULL;
        }

        answer->linked = answer->at;
    }

    if (answer->at == answer->linked) {
        ngx_scim_answer_close(&answer->links);
    }

    if (answer->at == answer->read) {
        ngx_scim_answer_close(&answer->docs);
    }
}
