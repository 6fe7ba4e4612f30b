/*
 * dateTimes (RFC 7643, section 2.3.5).
 */

#include "scim/text/scim_datetime.h"
#include "scim/core/scim.h"
#include "scim/text/scim_text.h"


#define SCIM_DAY_USEC    86400000000LL


static int scim_date_parse(const char **s, long long *days);
static int scim_time_parse(const char **s, long long *usec);
static int scim_zone_parse(const char **s, long long *usec);
static int scim_digits(const char **s, int min, int max, int *value);
static int scim_month_days(int year, int month);
static long long scim_days(int year, int month, int day);


int
scim_datetime_parse(const char *s, long long *usec)
{
    long long  days, time, zone;

    if (scim_date_parse(&s, &days) != SCIM_OK
        || *s++ != 'T'
        || scim_time_parse(&s, &time) != SCIM_OK
        || scim_zone_parse(&s, &zone) != SCIM_OK
        || *s != '\0')
    {
        return SCIM_ERROR;
    }

    *usec = days * SCIM_DAY_USEC + time - zone;

    return SCIM_OK;
}


static int
scim_date_parse(const char **s, long long *days)
{
    int  negative, year, month, day;

    negative = (**s == '-');
    *s += negative;

    if (scim_digits(s, 4, 5, &year) != SCIM_OK
        || *(*s)++ != '-'
        || scim_digits(s, 2, 2, &month) != SCIM_OK
        || *(*s)++ != '-'
        || scim_digits(s, 2, 2, &day) != SCIM_OK
        || month < 1 || month > 12)
    {
        return SCIM_ERROR;
    }

    year = negative ? -year : year;

    if (day < 1 || day > scim_month_days(year, month)) {
        return SCIM_ERROR;
    }

    *days = scim_days(year, month, day);

    return SCIM_OK;
}


/* up to microseconds; 24:00:00 is midnight at the end of the day */

static int
scim_time_parse(const char **s, long long *usec)
{
    int         hour, min, sec;
    const char  *end;
    long long   unit;

    if (scim_digits(s, 2, 2, &hour) != SCIM_OK
        || *(*s)++ != ':'
        || scim_digits(s, 2, 2, &min) != SCIM_OK
        || *(*s)++ != ':'
        || scim_digits(s, 2, 2, &sec) != SCIM_OK
        || min > 59 || sec > 59)
    {
        return SCIM_ERROR;
    }

    *usec = ((hour * 60 + min) * 60 + sec) * 1000000LL;

    if (**s == '.') {
        end = scim_skip_digits(++(*s));

        if (end == *s) {
            return SCIM_ERROR;
        }

        for (unit = 100000; *s < end; (*s)++, unit /= 10) {
            *usec += (**s - '0') * unit;
        }
    }

    return (*usec <= SCIM_DAY_USEC) ? SCIM_OK : SCIM_ERROR;
}


static int
scim_zone_parse(const char **s, long long *usec)
{
    int  sign, hour, min;

    *usec = 0;

    if (**s == 'Z') {
        (*s)++;
        return SCIM_OK;
    }

    if (**s != '+' && **s != '-') {
        return SCIM_OK;
    }

    sign = (*(*s)++ == '-') ? -1 : 1;

    if (scim_digits(s, 2, 2, &hour) != SCIM_OK
        || *(*s)++ != ':'
        || scim_digits(s, 2, 2, &min) != SCIM_OK
        || min > 59 || hour * 60 + min > 14 * 60)
    {
        return SCIM_ERROR;
    }

    *usec = sign * (hour * 60 + min) * 60000000LL;

    return SCIM_OK;
}


static int
scim_digits(const char **s, int min, int max, int *value)
{
    int  n;

    *value = 0;

    for (n = 0; n < max && **s >= '0' && **s <= '9'; n++) {
        *value = *value * 10 + (*(*s)++ - '0');
    }

    return (n >= min) ? SCIM_OK : SCIM_ERROR;
}


static int
scim_month_days(int year, int month)
{
    static const int  days[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) {
        return 29;
    }

    return days[month - 1];
}


/* days since 1970-01-01 in the Gregorian calendar, whose years start in March
   here so that the leap day comes last */

static long long
scim_days(int year, int month, int day)
{
    int  era, year_of_era, day_of_year;

    year -= (month <= 2);
    era = (year >= 0 ? year : year - 399) / 400;
    year_of_era = year - era * 400;
    day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097LL + year_of_era * 365 + year_of_era / 4
           - year_of_era / 100 + day_of_year - 719468;
}
