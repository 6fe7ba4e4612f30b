"""What scim2-client does with a server, run by client_library.t.

The library reads the schemas that the server publishes, builds its models from
them, and checks each request and each answer against them. Prints a line of
JSON for each check. The URL and the token are in the environment.
"""

import json
import os
import traceback

import scim2_models
from httpx2 import Client
from scim2_client import Me
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import (
    BulkOperation,
    BulkRequest,
    Error,
    PatchOp,
    PatchOperation,
    ResourceType,
    Schema,
    SearchRequest,
    ServiceProviderConfig,
)

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
NEWRELIC = "urn:ietf:params:scim:schemas:extension:newrelic:2.0:User"


def http(token, **headers):
    return Client(base_url=os.environ["SCIM_URL"],
                  headers={"Authorization": f"Bearer {token}", **headers})


scim = SyncSCIMClient(http(os.environ["SCIM_TOKEN"]))
group_of_checks = None


def check(name, good, detail=None):
    detail = None if good else repr(detail)
    line = {"group": group_of_checks, "ok": bool(good), "name": name,
            "detail": detail}
    print(json.dumps(line), flush=True)


def equal(name, got, expected):
    check(name, got == expected, f"{got!r}, not {expected!r}")


def refused(name, status, scim_type, call, *args, **kwargs):
    """The server answers with an error, which the library has read."""
    error = call(*args, raise_scim_errors=False, **kwargs)
    check(name, isinstance(error, Error)
          and (error.status, error.scim_type) == (status, scim_type)
          and error.detail, error)


def patch(model, *operations):
    return PatchOp[model](
        operations=[PatchOperation[model](**o) for o in operations])


# --- discovery --------------------------------------------------------------


def attributes(model):
    """Names of attributes, and of their parts."""
    names = set()
    for name, field in model.model_fields.items():
        attribute = field.serialization_alias
        names.add(attribute)
        parts = getattr(model.get_field_root_type(name), "model_fields", {})
        names |= {f"{attribute}.{part.serialization_alias}"
                  for part in parts.values()}
    return names


def discovery():
    scim.discover()
    config = scim.provider.config
    equal("resource types", [t.name for t in scim.provider.resource_types],
          ["User", "Group", "Device"])
    equal("what is supported",
          [getattr(config, f).supported
           for f in ("patch", "bulk", "filter", "sort", "etag")], [True] * 5)
    equal("what is not", config.change_password.supported, False)
    equal("bearer tokens",
          [str(s.type) for s in config.authentication_schemes],
          ["oauthbearertoken"])

    models = {m.__name__: m for m in scim.provider.models}
    equal("models built from the schemas", sorted(models),
          ["Device", "EnterpriseUser", "Group", "NewRelicUser", "User"])
    # members have no display here, as in RFC 7643, section 8.7.1
    for name, less in (("User", set()), ("Group", {"members.display"}),
                       ("EnterpriseUser", set())):
        theirs = attributes(getattr(scim2_models, name))
        equal(f"attributes of {name} are those that the library knows",
              attributes(models[name]) ^ theirs, less)

    check("parts of attributes too",
          "emails.value" in attributes(models["User"]),
          attributes(models["User"]))

    equal("extensions of users",
          sorted(scim.get_resource_model("User").get_extension_models()),
          [ENTERPRISE, NEWRELIC])
    equal("a resource type by its id",
          scim.query(ResourceType, "User").endpoint, "/Users")
    equal("a schema by its id", scim.query(Schema, NEWRELIC).name,
          "NewRelicUser")
    check("where the configuration is",
          scim.query(ServiceProviderConfig).meta.location
          .endswith("/ServiceProviderConfig"))


# --- users and groups -------------------------------------------------------


def person(name, **more):
    user = scim.get_resource_model("User")
    return user(user_name=f"{name}@acme.example",
                name={"given_name": name, "family_name": "Field"},
                emails=[{"value": f"{name}@acme.example", "type": "work",
                         "primary": True}], active=True, **more)


def users():
    user_model = scim.get_resource_model("User")
    kim = scim.create(person("kim", display_name="Kim"))
    check("create", kim.id and kim.meta.version and kim.meta.created)
    equal("create answers what was sent", kim.emails[0].value,
          "kim@acme.example")
    equal("where the user is", kim.meta.location,
          f"{os.environ['SCIM_URL']}/Users/{kim.id}")
    refused("create again", 409, "uniqueness", scim.create, person("KIM"))
    refused("without a name", 400, "invalidValue", scim.create,
            {"schemas": kim.schemas}, url="/Users",
            check_request_payload=False)

    equal("read", scim.query(user_model, kim.id), kim)
    ada = scim.create(person("ada", title="Dean"))

    found = scim.query(user_model, SearchRequest(
        filter='userName eq "ADA@acme.example"'))
    equal("a filter", [u.id for u in found.resources], [ada.id])
    found = scim.query(user_model, SearchRequest(
        sort_by="userName", sort_order="descending", start_index=1, count=1))
    equal("sorted, the first page", [u.id for u in found.resources], [kim.id])
    equal("the page counts itself",
          (found.total_results, found.start_index, found.items_per_page),
          (2, 1, 1))
    found = scim.query(user_model, SearchRequest(attributes=["title"]))
    equal("one attribute", sorted(str(u.title) for u in found.resources),
          ["Dean", "None"])
    equal("and no other", {u.user_name for u in found.resources}, {None})
    refused("a wrong filter", 400, "invalidFilter", scim.query, user_model,
            {"filter": "userName zz 1"}, check_request_payload=False)

    found = scim.search(user_model, SearchRequest(
        filter="title pr", excluded_attributes=["emails"], count=10))
    equal("search by POST", [u.id for u in found.resources], [ada.id])
    equal("without the e-mails", found.resources[0].emails, None)

    ada.title, ada.nick_name = None, "Countess"
    ada = scim.replace(ada)
    equal("replace", (ada.title, ada.nick_name), (None, "Countess"))
    ada = scim.modify(ada, patch(
        user_model,
        {"op": "add", "path": "phoneNumbers",
         "value": [{"value": "+44 20 7946 0001", "type": "work"}]},
        {"op": "replace", "path": 'emails[type eq "work"].value',
         "value": "countess@acme.example"},
        {"op": "replace", "value": {"active": False}},
        {"op": "remove", "path": "nickName"}))
    equal("modify",
          (ada.phone_numbers[0].value, ada.emails[0].value, ada.active,
           ada.nick_name),
          ("+44 20 7946 0001", "countess@acme.example", False, None))
    equal("modify is kept", scim.query(user_model, ada.id), ada)
    refused("modify what is not there", 400, "noTarget", scim.modify, ada,
            patch(user_model, {"op": "replace", "value": "x",
                               "path": 'emails[value sw "zz"].display'}))

    for user in (kim, ada):
        equal("delete", scim.delete(user), None)
        refused("is gone", 404, None, scim.query, user_model, user.id)


def groups():
    group_model = scim.get_resource_model("Group")
    user_model = scim.get_resource_model("User")
    people = [scim.create(person(name)) for name in ("bo", "cy", "di")]
    team = scim.create(group_model(display_name="Team", members=[
        {"value": people[0].id, "type": "User"}]))
    equal("create", [(m.value, str(m.type)) for m in team.members],
          [(people[0].id, "User")])
    check("where the member is", str(team.members[0].ref)
          == people[0].meta.location, team.members[0].ref)
    mother = scim.create(group_model(display_name="Company", members=[
        {"value": team.id, "type": "Group"}]))
    equal("a group in a group", str(mother.members[0].type), "Group")

    answer = scim.modify(team, patch(
        group_model,
        {"op": "add", "path": "members",
         "value": [{"value": p.id} for p in people[1:]]},
        {"op": "remove", "path": f'members[value eq "{people[0].id}"]'},
        {"op": "replace", "path": "displayName", "value": "Crew"}))
    equal("modify answers nothing", answer, None)
    team = scim.query(group_model, team.id)
    equal("members come and go", sorted(m.value for m in team.members),
          sorted(p.id for p in people[1:]))
    equal("and a new name", team.display_name, "Crew")

    found = scim.query(group_model, SearchRequest(
        filter=f'members.value eq "{people[1].id}"'))
    equal("groups of a member", [g.id for g in found.resources], [team.id])
    member = scim.query(user_model, people[1].id)
    equal("groups in the user",
          sorted((g.value, str(g.type)) for g in member.groups),
          sorted([(team.id, "direct"), (mother.id, "indirect")]))

    team.members = [m for m in team.members if m.value == people[2].id]
    team = scim.replace(team)
    equal("replace", [m.value for m in team.members], [people[2].id])
    refused("a member that nobody is", 400, "invalidValue", scim.modify, team,
            patch(group_model, {"op": "add", "path": "members",
                                "value": [{"value": "nobody"}]}))
    refused("a group inside of itself", 400, "invalidValue", scim.modify,
            team, patch(group_model, {"op": "add", "path": "members",
                                      "value": [{"value": team.id}]}))
    refused("the same name", 409, "uniqueness", scim.create,
            group_model(display_name="CREW"))

    scim.delete(people[2])
    equal("who is deleted is no member",
          scim.query(group_model, team.id).members, [])
    for resource in (mother, scim.query(group_model, team.id), *people[:2]):
        equal("delete", scim.delete(resource), None)


# --- extensions and another type --------------------------------------------


def extensions():
    user_model = scim.get_resource_model("User")
    models = user_model.get_extension_models()
    enterprise, newrelic = models[ENTERPRISE], models[NEWRELIC]
    boss = scim.create(person("eve"))
    user = person("flo")
    user[enterprise] = enterprise(department="Ops", employee_number="0042",
                                  manager={"value": boss.id})
    user[newrelic] = newrelic(nr_user_type="Core User")
    user = scim.create(user)
    equal("the enterprise extension",
          (user[enterprise].department, user[enterprise].employee_number,
           user[enterprise].manager.value), ("Ops", "0042", boss.id))
    equal("an extension from a file", user[newrelic].nr_user_type,
          "Core User")
    equal("both are in schemas", sorted(map(str, user.schemas))[1:],
          [ENTERPRISE, NEWRELIC])

    found = scim.query(user_model, SearchRequest(
        filter=f'{NEWRELIC}:nrUserType eq "core user"'))
    equal("a filter on it", [u.id for u in found.resources], [user.id])
    user = scim.modify(user, patch(
        user_model,
        {"op": "replace", "path": f"{NEWRELIC}:nrUserType",
         "value": "Full User"},
        {"op": "remove", "path": f"{ENTERPRISE}:manager"}))
    equal("modify", (user[newrelic].nr_user_type, user[enterprise].manager),
          ("Full User", None))
    user[newrelic].nr_user_type = "Basic User"
    user = scim.replace(user)
    equal("replace", user[newrelic].nr_user_type, "Basic User")
    scim.delete(user)
    scim.delete(boss)


def another_type():
    model = scim.get_resource_model("Device")
    device = scim.create(model(serial_number="SN-1", memory=16384,
                               display_name="Laptop", pin="1234"))
    equal("create", (device.serial_number, device.memory), ("SN-1", 16384))
    equal("a pin is not answered", device.pin, None)
    asked = scim.query(model, device.id, SearchRequest(attributes=["pin"]))
    equal("unless it is asked for", asked.pin, "1234")
    refused("the same number", 409, "uniqueness", scim.create,
            model(serial_number="SN-1"))
    refused("an immutable number", 400, "mutability", scim.modify, device,
            {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
             "Operations": [{"op": "replace", "path": "serialNumber",
                             "value": "SN-2"}]})
    equal("modify", scim.modify(device, patch(
        model, {"op": "replace", "path": "memory", "value": 32768})).memory,
        32768)
    scim.delete(model, device.id)
    refused("is gone", 404, None, scim.query, model, device.id)


# --- versions, bulk, /Me, errors --------------------------------------------


def versions():
    user_model = scim.get_resource_model("User")
    old = scim.create(person("gil"))
    check("not changed: the library gets its own object back",
          scim.query(old) is old)

    new = scim.modify(old, patch(user_model, {
        "op": "add", "path": "title", "value": "Mr"}))
    check("the version moves", new.meta.version != old.meta.version)
    check("changed: it gets another", scim.query(old) is not old)
    refused("an old version is not modified", 412, None, scim.modify, old,
            patch(user_model, {"op": "add", "path": "title", "value": "Dr"}))
    refused("nor replaced", 412, None, scim.replace, old)
    refused("nor deleted", 412, None, scim.delete, old)
    equal("nothing has happened", scim.query(user_model, old.id), new)
    equal("the new one is", scim.delete(new), None)


def operation(model, method, path, data=None, **more):
    return BulkOperation[model](method=method, path=path, data=data, **more)


def bulk():
    user_model = scim.get_resource_model("User")
    group_model = scim.get_resource_model("Group")
    both = BulkRequest[user_model | group_model]

    done = scim.bulk(both(operations=[
        operation(group_model, "POST", "/Groups", bulk_id="team",
                  data=group_model(display_name="Bulk", members=[
                      {"value": "bulkId:hal", "type": "User"}])),
        operation(user_model, "POST", "/Users", bulk_id="hal",
                  data=person("hal")),
        operation(user_model, "POST", "/Users", bulk_id="ivy",
                  data=person("ivy")),
    ])).operations
    equal("all are created", [o.status for o in done], [201] * 3)
    equal("in the order of the request", [o.bulk_id for o in done],
          ["team", "hal", "ivy"])
    check("each has a place and a version",
          all(o.location and o.version for o in done), done)
    ids = [o.location.rsplit("/", 1)[1] for o in done]
    team = scim.query(group_model, ids[0])
    equal("a group before its member", [m.value for m in team.members],
          [ids[1]])

    hal = scim.query(user_model, ids[1])
    hal.title = "Computer"
    done = scim.bulk(both(operations=[
        operation(user_model, "PUT", f"/Users/{ids[1]}", hal),
        operation(user_model, "PATCH", f"/Users/{ids[2]}", patch(
            user_model, {"op": "add", "path": "title", "value": "Plant"})),
        operation(group_model, "PATCH", f"/Groups/{ids[0]}", patch(
            group_model, {"op": "add", "path": "members",
                          "value": [{"value": ids[2]}]})),
        operation(user_model, "PATCH", f"/Users/{ids[2]}", patch(
            user_model, {"op": "add", "path": "title", "value": "Weed"}),
            version='W/"1"'),
        operation(user_model, "DELETE", f"/Users/{ids[1]}"),
        operation(user_model, "DELETE", "/Users/nobody"),
        operation(user_model, "POST", "/Users", bulk_id="again",
                  data=person("ivy")),
    ])).operations
    equal("each has its own end", [o.status for o in done],
          [200, 200, 204, 412, 204, 404, 409])
    check("what fails tells why",
          all(o.response.detail for o in done if o.status >= 400), done)
    equal("as a single request does", done[-1].response.scim_type,
          "uniqueness")
    ivy = scim.query(user_model, ids[2])
    equal("what was done is kept", (ivy.title, ivy.groups[0].value),
          ("Plant", ids[0]))
    refused("and who was deleted is gone", 404, None, scim.query, user_model,
            ids[1])

    done = scim.bulk(both(fail_on_errors=1, operations=[
        operation(user_model, "DELETE", "/Users/nobody"),
        operation(user_model, "DELETE", f"/Users/{ids[2]}"),
    ])).operations
    equal("the first error ends it", [o.status for o in done], [404])
    equal("and nothing is done after it", scim.query(user_model, ids[2]), ivy)

    limit = scim.provider.config.bulk.max_operations
    refused("more operations than announced", 413, None, scim.bulk,
            {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
             "Operations": [{"method": "DELETE", "path": "/Users/nobody"}]
             * (limit + 1)}, check_request_payload=False)

    scim.delete(group_model, ids[0])
    scim.delete(ivy)


def me():
    user_model = scim.get_resource_model("User")
    mine = scim.create(person("joy"))
    own = SyncSCIMClient(http(os.environ["SCIM_TOKEN"],
                              **{"X-User": "joy@acme.example"}),
                         provider=scim.provider)
    equal("read", own.query(Me), mine)
    changed = own.modify(Me, patch(user_model, {
        "op": "add", "path": "title", "value": "Self"}))
    equal("modify", (changed.id, changed.title), (mine.id, "Self"))
    equal("delete", own.delete(Me), None)
    refused("is gone", 404, None, own.query, Me)


def tokens():
    user_model = scim.get_resource_model("User")
    for name, token, call, status in (
            ("a token that nobody has", "wrong", "query", 401),
            ("a token that may only read", "reader", "create", 403)):
        other = SyncSCIMClient(http(token), provider=scim.provider)
        refused(name, status, None, getattr(other, call),
                person("kai") if call == "create" else user_model)


for step in (discovery, users, groups, extensions, another_type, versions,
             bulk, me, tokens):
    group_of_checks = step.__name__
    try:
        step()
        check("went to its end", True)
    except Exception:
        check("went to its end", False, traceback.format_exc())
