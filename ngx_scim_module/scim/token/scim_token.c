/*
 * The shape of tokens.
 */

#include <stdint.h>
#include <string.h>

#include "scim/token/scim_token.h"
#include "scim/core/scim.h"


#define SCIM_TOKEN_PREFIX_LEN  (sizeof(SCIM_TOKEN_PREFIX) - 1)
#define SCIM_TOKEN_BODY_LEN    (SCIM_TOKEN_LEN - SCIM_TOKEN_SUM_LEN)


static void scim_token_sum(const char *token, char sum[SCIM_TOKEN_SUM_LEN]);
static uint32_t scim_token_crc32(const unsigned char *p, size_t len);


static const char  scim_token_base64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static const char  scim_token_base62[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";


int
scim_token_check(const char *token, size_t len)
{
    char  sum[SCIM_TOKEN_SUM_LEN];

    if (len != SCIM_TOKEN_LEN
        || memcmp(token, SCIM_TOKEN_PREFIX, SCIM_TOKEN_PREFIX_LEN) != 0)
    {
        return SCIM_OK;
    }

    scim_token_sum(token, sum);

    return memcmp(token + SCIM_TOKEN_BODY_LEN, sum, sizeof(sum)) == 0
           ? SCIM_OK : SCIM_ERROR;
}


void
scim_token_print(const unsigned char random[SCIM_TOKEN_RANDOM],
    char token[SCIM_TOKEN_LEN + 1])
{
    char      *p;
    size_t     i;
    unsigned   bits, n;

    memcpy(token, SCIM_TOKEN_PREFIX, SCIM_TOKEN_PREFIX_LEN);

    p = token + SCIM_TOKEN_PREFIX_LEN;
    bits = 0;
    n = 0;

    for (i = 0; i < SCIM_TOKEN_RANDOM; i++) {
        bits = (bits << 8) | random[i];

        for (n += 8; n >= 6; n -= 6) {
            *p++ = scim_token_base64[(bits >> (n - 6)) & 63];
        }
    }

    *p++ = scim_token_base64[(bits << (6 - n)) & 63];

    scim_token_sum(token, p);
    p[SCIM_TOKEN_SUM_LEN] = '\0';
}


/* CRC-32 of all before it in base 62, the most significant digit first */

static void
scim_token_sum(const char *token, char sum[SCIM_TOKEN_SUM_LEN])
{
    size_t    i;
    uint32_t  crc;

    crc = scim_token_crc32((const unsigned char *) token, SCIM_TOKEN_BODY_LEN);

    for (i = SCIM_TOKEN_SUM_LEN; i > 0; i--) {
        sum[i - 1] = scim_token_base62[crc % 62];
        crc /= 62;
    }
}


/* that of IEEE 802.3, as in gzip */

static uint32_t
scim_token_crc32(const unsigned char *p, size_t len)
{
    size_t    i;
    unsigned  bit;
    uint32_t  crc;

    crc = 0xffffffff;

    for (i = 0; i < len; i++) {
        crc ^= p[i];

        for (bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (0xedb88320 & -(crc & 1));
        }
    }

    return ~crc;
}
