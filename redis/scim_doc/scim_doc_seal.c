/*
 * Lines of a backup with their sums. A sum is FNV-1a of 64 bits over all lines
 * up to it: a byte that has changed, a line that is missing or in another place
 * is noticed in the line where it is. It is no proof against people.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "scim_doc_backup.h"


#define DOC_SUM_BASIS  14695981039346656037u
#define DOC_SUM_PRIME  1099511628211u

/* ,"sum":"0123456789abcdef"} */
#define DOC_SUM_LEN    26


static void doc_seal_add(doc_seal_t *seal, const char *text, size_t len);


void
doc_seal_init(doc_seal_t *seal, FILE *file)
{
    seal->file = file;
    seal->sum = DOC_SUM_BASIS;
    seal->lines = 0;
}


static void
doc_seal_add(doc_seal_t *seal, const char *text, size_t len)
{
    size_t    i;
    uint64_t  sum;

    sum = seal->sum;

    for (i = 0; i < len; i++) {
        sum = (sum ^ (unsigned char) text[i]) * DOC_SUM_PRIME;
    }

    seal->sum = sum;
}


void
doc_seal_write(doc_seal_t *seal, doc_text_t *text)
{
    char  sum[DOC_SUM_LEN + 2];

    doc_seal_add(seal, text->data, text->len);

    (void) snprintf(sum, sizeof(sum), ",\"sum\":\"%016llx\"}\n",
                    (unsigned long long) seal->sum);
    doc_append(text, sum, DOC_SUM_LEN + 1);

    if (fwrite(text->data, 1, text->len, seal->file) != text->len) {
        doc_fatal("the backup cannot be written", strerror(errno));
    }

    text->len = 0;
    seal->lines++;
}


const char *
doc_seal_read(doc_seal_t *seal, char *line, size_t *len)
{
    char    sum[DOC_SUM_LEN + 1];
    size_t  n;

    n = *len;

    if (n == 0 || line[n - 1] != '\n') {
        return "the file ends within the line";
    }

    n--;

    if (n < DOC_SUM_LEN || memchr(line, '\0', n) != NULL) {
        return "this is no line of a backup";
    }

    n -= DOC_SUM_LEN;
    doc_seal_add(seal, line, n);

    (void) snprintf(sum, sizeof(sum), ",\"sum\":\"%016llx\"}",
                    (unsigned long long) seal->sum);

    if (memcmp(line + n, sum, DOC_SUM_LEN) != 0) {
        return "the sum is another one: the line was changed, or is not in "
               "its place";
    }

    line[n++] = '}';
    line[n] = '\0';
    *len = n;
    seal->lines++;

    return NULL;
}
