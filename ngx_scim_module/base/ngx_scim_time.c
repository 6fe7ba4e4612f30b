/*
 * Times as text: dateTimes (RFC 7643, section 2.3.5).
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "base/ngx_scim_time.h"
#include "scim/core/scim.h"
#include "scim/text/scim_datetime.h"


time_t
ngx_scim_time_parse(ngx_str_t *text)
{
    u_char     buf[64];
    long long  usec;

    if (text->len >= sizeof(buf)) {
        return NGX_ERROR;
    }

    (void) ngx_cpystrn(buf, text->data, text->len + 1);

    if (scim_datetime_parse((char *) buf, &usec) != SCIM_OK
        || usec < 1000000)
    {
        return NGX_ERROR;
    }

    return usec / 1000000;
}


u_char *
ngx_scim_time_print(u_char *p, time_t sec)
{
    ngx_tm_t  tm;

    ngx_gmtime(sec, &tm);

    return ngx_sprintf(p, "%4d-%02d-%02dT%02d:%02d:%02dZ", tm.ngx_tm_year,
                       tm.ngx_tm_mon, tm.ngx_tm_mday, tm.ngx_tm_hour,
                       tm.ngx_tm_min, tm.ngx_tm_sec);
}
