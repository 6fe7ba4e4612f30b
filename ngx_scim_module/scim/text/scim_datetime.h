/*
 * dateTimes (RFC 7643, section 2.3.5).
 */

#ifndef SCIM_DATETIME_H
#define SCIM_DATETIME_H



/*
 * An xsd:dateTime with a time zone, as microseconds since 1970 UTC. SCIM_ERROR
 * if it is none. A value without a zone is read as UTC; digits after the
 * microseconds are dropped.
 */
int scim_datetime_parse(const char *s, long long *usec);

#endif /* SCIM_DATETIME_H */
