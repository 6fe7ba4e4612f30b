/*
 * Schemas and resource types (RFC 7643, sections 2, 3, 6 and 7) as tables that
 * every other file is driven by. Built once, at configuration time, from the
 * RFC's own JSON representation; read-only afterwards.
 */

#ifndef SCIM_SCHEMA_H
#define SCIM_SCHEMA_H

#include <stddef.h>
#include <cjson/cJSON.h>

#include "scim/core/scim_alloc.h"


typedef enum {
    SCIM_STRING,
    SCIM_BOOLEAN,
    SCIM_DECIMAL,
    SCIM_INTEGER,
    SCIM_DATETIME,
    SCIM_BINARY,
    SCIM_REFERENCE,
    SCIM_COMPLEX
} scim_data_type_e;

typedef enum {
    SCIM_READ_WRITE,
    SCIM_READ_ONLY,
    SCIM_IMMUTABLE,
    SCIM_WRITE_ONLY
} scim_mutability_e;

typedef enum {
    SCIM_RETURNED_DEFAULT,
    SCIM_RETURNED_ALWAYS,
    SCIM_RETURNED_NEVER,
    SCIM_RETURNED_REQUEST
} scim_returned_e;

typedef enum {
    SCIM_UNIQUE_NONE,
    SCIM_UNIQUE_SERVER,
    SCIM_UNIQUE_GLOBAL
} scim_uniqueness_e;

/* attributes that the RFC gives behaviour of their own */
typedef enum {
    SCIM_ROLE_NONE,
    SCIM_ROLE_SCHEMAS,
    SCIM_ROLE_ID,
    SCIM_ROLE_META,
    SCIM_ROLE_MEMBERS,      /* Group.members: kept in sets, not in the doc */
    SCIM_ROLE_GROUPS,       /* User.groups: computed from memberships */
    SCIM_ROLE_ACTIVE        /* User.active: false is not lost by the way */
} scim_role_e;

typedef struct scim_attr_s    scim_attr_t;
typedef struct scim_schema_s  scim_schema_t;
typedef struct scim_rtype_s   scim_rtype_t;

struct scim_attr_s {
    const char            *name;
    size_t                 len;          /* of the name */
    const scim_schema_t   *schema;
    const scim_attr_t     *parent;       /* NULL at the top level */
    scim_attr_t           *subs;         /* of a complex one, in order */
    size_t                 nsubs;

    scim_data_type_e       type;
    scim_mutability_e      mutability;
    scim_returned_e        returned;
    scim_uniqueness_e      uniqueness;
    scim_role_e            role;
    unsigned               multi_valued:1;
    unsigned               required:1;
    unsigned               case_exact:1;
    unsigned               needed:1;     /* it or a part of it is required */

    const scim_attr_t     *value;        /* the sub-attribute "value", if any */
    const scim_attr_t     *primary;      /* the sub-attribute "primary" */
    const scim_attr_t     *kind;         /* the sub-attribute "type" */
};

struct scim_schema_s {
    const char            *id;           /* the URN */
    const char            *name;
    scim_attr_t           *attrs;
    size_t                 nattrs;
    cJSON                 *json;         /* as /Schemas answers it */
};

typedef struct {
    const scim_schema_t   *schema;
    int                    required;
} scim_extension_t;

struct scim_rtype_s {
    const char            *id;           /* "User" */
    const char            *name;
    const char            *endpoint;     /* "/Users" */
    const char            *key;          /* "user": in the names of keys */
    const scim_schema_t   *common;       /* schemas, id, externalId, meta */
    const scim_schema_t   *schema;
    scim_extension_t      *extensions;
    size_t                 nextensions;
    const scim_attr_t     *members;      /* NULL unless it has that role */
    const scim_attr_t     *groups;       /* NULL unless it has that role */
    const scim_attr_t    **unique;       /* configured; NULL: by the schemas */
    size_t                 nunique;
    int                    hidden;       /* a "never" or "request" attribute */
    cJSON                 *json;         /* as /ResourceTypes answers it */
};

typedef struct {
    scim_schema_t         *common;
    scim_schema_t        **schemas;
    size_t                 nschemas;
    scim_rtype_t         **rtypes;
    size_t                 nrtypes;
} scim_registry_t;


/* NULL if there is none; URNs compare without case */
scim_schema_t *scim_registry_schema(const scim_registry_t *reg,
    const char *urn);

/* by the first segment of a path, "/Users" or "Users"; case matters */
const scim_rtype_t *scim_registry_endpoint(const scim_registry_t *reg,
    const char *name, size_t len);

/* by id, "User" */
const scim_rtype_t *scim_registry_rtype(const scim_registry_t *reg,
    const char *id);

/* the attribute of that name in a table, NULL if there is none */
const scim_attr_t *scim_attr_in(const scim_attr_t *attrs, size_t n,
    const char *name, size_t len);

/* a sub-attribute by name */
const scim_attr_t *scim_attr_sub(const scim_attr_t *attr, const char *name,
    size_t len);

/*
 * An attribute of a resource type by a name without URN or dots: the common
 * ones, then the schema's, then those of the extensions in order (Entra sends
 * a bare "manager").
 */
const scim_attr_t *scim_rtype_attr(const scim_rtype_t *rt, const char *name,
    size_t len);

/* the base schema or extension of that URN, NULL if the type has it not */
const scim_schema_t *scim_rtype_schema(const scim_rtype_t *rt,
    const char *urn, size_t len);

/* is the schema an extension of the type, not its base or the common one */
int scim_rtype_is_extension(const scim_rtype_t *rt,
    const scim_schema_t *schema);

/* Returns 1 if the type has this attribute or sub-attribute. */
int scim_rtype_has(const scim_rtype_t *rt, const scim_attr_t *attr);

/*
 * "emails.value", with the URN in front for an extension's; it may be the name of
 * the attribute itself. NULL when out of memory.
 */
const char *scim_attr_path(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_attr_t *attr);

/*
 * Returns 1 if it is never shown, so that no filter and no order may reveal
 * it.
 */
int scim_attr_hidden(const scim_attr_t *attr);

#endif /* SCIM_SCHEMA_H */
