/*
 * The page of a query: in order where one is asked for, with the cursors of
 * the pages beside it.
 */

#include "op/query/ngx_scim_query.h"


static void ngx_scim_page_read(ngx_scim_op_t *op);
static void ngx_scim_page_have_type(ngx_scim_op_t *op);
static ngx_int_t ngx_scim_page_cursors(ngx_scim_op_t *op,
    ngx_scim_page_t *page);
static ngx_int_t ngx_scim_page_cursor(ngx_scim_op_t *op,
    ngx_scim_cursor_t *place, ngx_uint_t backward, ngx_str_t *text);
static void ngx_scim_page_reverse(ngx_array_t *views);


/* all matches are known: only those of the page are read again */

void
ngx_scim_query_sort(ngx_scim_op_t *op)
{
    ngx_uint_t             n;
    ngx_scim_view_t       *views;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    ngx_scim_sort_page(op);

    n = ctx->nkeys;
    views = ngx_array_push_n(&ctx->views, n + 1);
    if (views == NULL) {
        ngx_scim_op_nomem(op);
        return;
    }

    ngx_memzero(views, (n + 1) * sizeof(ngx_scim_view_t));
    ctx->views.nelts = n;
    ctx->at = 0;

    ngx_scim_page_read(op);
}


/* what is on the page, one type after the other */

static void
ngx_scim_page_read(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
    ngx_uint_t             i;
    ngx_scim_query_ctx_t  *ctx;
    ngx_scim_query_key_t  *keys;

    ctx = op->ctx;
    keys = ctx->keys.elts;

    ctx->candidates = ngx_pcalloc(op->store.pool,
                                  (ctx->nkeys + 1)
                                  * sizeof(ngx_scim_record_t));
    if (ctx->candidates == NULL) {
        ngx_scim_op_nomem(op);
        return;
    }

    for ( /* void */ ; ctx->at < ctx->ntypes; ctx->at++) {
        ctx->n = 0;

        for (i = 0; i < ctx->nkeys; i++) {
            if (keys[i].type == ctx->at) {
                ctx->candidates[ctx->n++].id = keys[i].id;
            }
        }

        if (ctx->n > 0) {
            rc = ngx_scim_resource_read(&op->store, &ctx->types[ctx->at].key,
                                        ctx->candidates, ctx->n,
                                        ngx_scim_op_resume, op);
            ngx_scim_op_next(op, rc, ngx_scim_page_have_type);
            return;
        }
    }

    ngx_scim_query_answer(op);
}


static void
ngx_scim_page_have_type(ngx_scim_op_t *op)
{
    ngx_uint_t             i, n;
    ngx_scim_view_t       *view;
    ngx_scim_query_ctx_t  *ctx;
    ngx_scim_query_key_t  *keys;

    ctx = op->ctx;
    keys = ctx->keys.elts;
    view = ctx->views.elts;

    for (i = 0, n = 0; i < ctx->nkeys; i++) {
        if (keys[i].type == ctx->at) {
            view[i].type = &ctx->types[ctx->at];
            view[i].projection = &ctx->queries[ctx->at].projection;
            view[i].record = &ctx->candidates[n++];
        }
    }

    ctx->at++;
    ngx_scim_page_read(op);
}


void
ngx_scim_query_answer(ngx_scim_op_t *op)
{
    ngx_uint_t             i, n;
    ngx_scim_page_t        page;
    ngx_scim_view_t       *view;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    view = ctx->views.elts;

    /* what was deleted since it was found */

    for (i = 0, n = 0; i < ctx->views.nelts; i++) {
        if (view[i].record->doc.len > 0) {
            view[n++] = view[i];
        }
    }

    ctx->views.nelts = n;

    ngx_memzero(&page, sizeof(ngx_scim_page_t));
    page.views = &ctx->views;
    page.total = ctx->total;
    page.counted = !ctx->paged || ctx->sorted;

    if (ctx->paged && !ctx->sorted && ctx->ntypes == 1 && ctx->plan.exact) {
        page.total = ctx->existing;
        page.counted = 1;

    } else if (ctx->paged && !ctx->sorted && !ctx->more && !ctx->placed) {

        /* one page has all of them */

        page.total = n;
        page.counted = 1;
    }

    page.cursor = (op->query.cursor != NULL);

    if (ctx->paged && ngx_scim_page_cursors(op, &page) != NGX_OK) {
        ngx_scim_op_nomem(op);
        return;
    }

    ngx_scim_answer_list(op, &page);
}


/*
 * ctx->first is the first that was found, and ctx->last where the search
 * ended: an unsorted page that was read backward has them the other way round.
 */

static ngx_int_t
ngx_scim_page_cursors(ngx_scim_op_t *op, ngx_scim_page_t *page)
{
    ngx_uint_t             backward, found;
    ngx_scim_cursor_t     *start, *end;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    backward = ctx->from.backward;
    found = (ctx->first.id.len > 0 || ctx->first.seq > 0);
    start = &ctx->first;
    end = &ctx->last;

    if (backward && !ctx->sorted) {
        ngx_scim_page_reverse(page->views);
        start = &ctx->last;
        end = &ctx->first;
    }

    if ((backward ? found : ctx->more)
        && ngx_scim_page_cursor(op, end, 0, &page->next) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if ((backward ? ctx->more : found && ctx->placed)
        && ngx_scim_page_cursor(op, start, 1, &page->previous) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_page_cursor(ngx_scim_op_t *op, ngx_scim_cursor_t *place,
    ngx_uint_t backward, ngx_str_t *text)
{
    place->backward = backward;
    *text = ngx_scim_cursor_print(op, place);

    return text->len > 0 ? NGX_OK : NGX_ERROR;
}


static void
ngx_scim_page_reverse(ngx_array_t *views)
{
    ngx_uint_t        i, k;
    ngx_scim_view_t  *view, other;

    view = views->elts;

    for (i = 0, k = views->nelts; i + 1 < k; i++) {
        k--;
        other = view[i];
        view[i] = view[k];
        view[k] = other;
    }
}
