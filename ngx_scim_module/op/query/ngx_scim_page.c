/*
 * The page of a query: in order where one is asked for, with the cursors of
 * the pages beside it.
 */

#include "op/query/ngx_scim_query.h"


static ngx_int_t ngx_scim_page_cursors(ngx_scim_op_t *op,
    ngx_scim_page_t *page);
static ngx_int_t ngx_scim_page_cursor(ngx_scim_op_t *op,
    ngx_scim_cursor_t *place, ngx_uint_t backward, ngx_str_t *text);
static void ngx_scim_page_reverse(ngx_array_t *views);


/* all matches are known: those of the page are read when they are answered */

void
ngx_scim_query_sort(ngx_scim_op_t *op)
{
    ngx_uint_t             i;
    ngx_scim_query_ctx_t  *ctx;
    ngx_scim_query_key_t  *keys;

    ctx = op->ctx;

    ngx_scim_sort_page(op);

    keys = ctx->keys.elts;

    for (i = 0; i < ctx->nkeys; i++) {
        ctx->at = keys[i].type;

        if (ngx_scim_query_view(op, &keys[i].id) == NULL) {
            ngx_scim_op_nomem(op);
            return;
        }
    }

    ngx_scim_query_answer(op);
}


void
ngx_scim_query_answer(ngx_scim_op_t *op)
{
    ngx_scim_page_t        page;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    ngx_memzero(&page, sizeof(ngx_scim_page_t));
    page.views = &ctx->views;
    page.total = ctx->total;
    page.counted = !ctx->paged || ctx->sorted;

    if (ctx->paged && !ctx->sorted && ctx->ntypes == 1 && ctx->plan.exact) {
        page.total = ctx->existing;
        page.counted = 1;

    } else if (ctx->paged && !ctx->sorted && !ctx->more && !ctx->placed) {

        /* one page has all of them */

        page.total = ctx->views.nelts;
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
