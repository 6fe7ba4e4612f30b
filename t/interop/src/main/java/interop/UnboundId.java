package interop;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.unboundid.scim2.client.ScimService;
import com.unboundid.scim2.common.exceptions.PreconditionFailedException;
import com.unboundid.scim2.common.exceptions.NotModifiedException;
import com.unboundid.scim2.common.exceptions.ResourceConflictException;
import com.unboundid.scim2.common.exceptions.ResourceNotFoundException;
import com.unboundid.scim2.common.exceptions.ScimException;
import com.unboundid.scim2.common.filters.Filter;
import com.unboundid.scim2.common.messages.ListResponse;
import com.unboundid.scim2.common.messages.PatchOperation;
import com.unboundid.scim2.common.messages.PatchRequest;
import com.unboundid.scim2.common.messages.SortOrder;
import com.unboundid.scim2.common.types.Email;
import com.unboundid.scim2.common.types.EnterpriseUserExtension;
import com.unboundid.scim2.common.types.GroupResource;
import com.unboundid.scim2.common.types.Member;
import com.unboundid.scim2.common.types.Name;
import com.unboundid.scim2.common.types.ServiceProviderConfigResource;
import com.unboundid.scim2.common.types.UserResource;
import jakarta.ws.rs.client.Client;
import jakarta.ws.rs.client.ClientBuilder;
import jakarta.ws.rs.client.ClientRequestFilter;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.glassfish.jersey.apache.connector.ApacheConnectorProvider;
import org.glassfish.jersey.client.ClientConfig;

/** The SCIM 2 SDK of UnboundID. It has no bulk requests. */
final class UnboundId {

    private final Tap tap;
    private final ScimService scim;

    UnboundId(Tap tap, String root, String token) {
        ClientConfig config = new ClientConfig()
            .connectorProvider(new ApacheConnectorProvider());
        Client client = ClientBuilder.newClient(config).register(
            (ClientRequestFilter) request -> request.getHeaders()
                .putSingle("Authorization", "Bearer " + token));

        this.tap = tap;
        this.scim = new ScimService(client.target(root));
    }

    void run() {
        tap.client("scim2-sdk-client");
        tap.part("discovery", this::discovery);
        tap.part("users", this::users);
        tap.part("groups", this::groups);
        tap.part("search", this::search);
        tap.part("versions", this::versions);
        tap.part("errors", this::errors);
    }

    private void discovery() throws ScimException {
        ServiceProviderConfigResource config = scim.getServiceProviderConfig();

        tap.ok(config.getPatch().isSupported(), "PATCH is supported");
        tap.ok(config.getPagination().supportsCursorPagination(),
               "cursors are supported");
        tap.ok(scim.getResourceTypes().getTotalResults() >= 2, "resource types");
        tap.is(scim.getResourceType("User").getEndpoint(), URI.create("/Users"),
               "a resource type by its id");
        tap.ok(scim.getSchemas().getTotalResults() >= 3, "schemas");
        tap.is(scim.getSchema("urn:ietf:params:scim:schemas:core:2.0:Group")
                   .getName(), "Group", "a schema by its id");
    }

    private UserResource newUser(String name) {
        return new UserResource().setUserName(name)
            .setName(new Name().setGivenName("Kim").setFamilyName("Ode"))
            .setEmails(new Email().setValue(name + "@example.com")
                           .setType("work").setPrimary(true))
            .setActive(true);
    }

    private void users() throws ScimException {
        UserResource user = newUser("unboundid");
        user.setExternalId("u-1");
        user.setExtension(new EnterpriseUserExtension().setDepartment("Sales"));

        UserResource made = scim.create("Users", user);
        tap.ok(made.getId() != null, "a user is made");
        tap.is(made.getExtension(EnterpriseUserExtension.class).getDepartment(),
               "Sales", "with an extension");

        UserResource read = scim.retrieve("Users", made.getId(),
                                          UserResource.class);
        tap.is(read, made, "reading gives the same");
        tap.is(scim.retrieve(made.getMeta().getLocation(), UserResource.class),
               made, "by its URL too");
        tap.is(scim.retrieveRequest("Users", made.getId())
                   .attributes("userName").invoke(UserResource.class).getName(),
               null, "only the attributes that are asked for");

        read.setTitle("Engineer");
        tap.is(scim.replace(read).getTitle(), "Engineer", "it is replaced");

        UserResource patched = scim.modifyRequest("Users", made.getId())
            .replaceValue("active", false)
            .replaceValue("name.givenName", "Lee")
            .addValues("emails", new Email().setValue("home@example.com")
                           .setType("home"))
            .removeValues("title")
            .invoke(UserResource.class);
        tap.is(patched.getActive(), false, "it is modified");
        tap.is(patched.getName().getGivenName(), "Lee", "a sub-attribute too");
        tap.is(patched.getEmails().size(), 2, "and a list");
        tap.is(patched.getTitle(), null, "an attribute is removed");

        patched = scim.modifyRequest("Users", made.getId())
            .removeValues("emails[type eq \"home\"]")
            .invoke(UserResource.class);
        tap.is(patched.getEmails().size(), 1, "a value is removed by a filter");

        patched = scim.modifyRequest("Users", made.getId())
            .replaceValue("urn:ietf:params:scim:schemas:extension:enterprise"
                          + ":2.0:User:department", "Support")
            .invoke(UserResource.class);
        tap.is(patched.getExtension(EnterpriseUserExtension.class)
                   .getDepartment(), "Support", "an extension is modified");

        scim.delete(patched);
        tap.part("a user that is gone", () -> {
            try {
                scim.retrieve("Users", made.getId(), UserResource.class);
                tap.ok(false, "it is deleted");
            } catch (ResourceNotFoundException e) {
                tap.ok(true, "it is deleted");
            }
        });
    }

    private Set<String> members(String id) throws ScimException {
        Set<String> ids = new HashSet<>();
        GroupResource group = scim.retrieve("Groups", id, GroupResource.class);
        if (group.getMembers() != null) {
            group.getMembers().forEach(member -> ids.add(member.getValue()));
        }
        return ids;
    }

    private void groups() throws ScimException {
        String one = scim.create("Users", newUser("unboundid-1")).getId();
        String two = scim.create("Users", newUser("unboundid-2")).getId();
        GroupResource group = scim.create("Groups", new GroupResource()
            .setDisplayName("UnboundID")
            .setMembers(new Member().setValue(one)));

        tap.is(members(group.getId()), Set.of(one), "a group with a member");

        ArrayNode added = JsonNodeFactory.instance.arrayNode();
        ObjectNode member = added.addObject();
        member.put("value", two);
        modify(group, PatchOperation.add("members", added));
        tap.is(members(group.getId()), Set.of(one, two), "a member is added");

        modify(group, PatchOperation.remove("members[value eq \"" + one + "\"]"));
        tap.is(members(group.getId()), Set.of(two), "one is removed by a filter");

        modify(group, PatchOperation.remove("members")
            .setRemoveOpValue(List.of(new Member().setValue(two)), false));
        tap.is(members(group.getId()), Set.of(), "one is removed by a value");

        modify(group, PatchOperation.add("members", added));
        modify(group, PatchOperation.remove("members")
            .setRemoveOpValue(List.of(new Member().setValue(two)), true));
        tap.is(members(group.getId()), Set.of(),
               "one is removed by an object around the values");

        tap.is(scim.retrieve("Users", two, UserResource.class).getUserName(),
               "unboundid-2", "the user stays");
        scim.delete("Groups", group.getId());
        tap.is(scim.searchRequest("Groups").filter(Filter.eq("displayName",
                   "UnboundID")).invoke(GroupResource.class).getTotalResults(),
               0, "the group is deleted");
    }

    /* a PATCH of a group is answered without a body */
    private void modify(GroupResource group, PatchOperation operation)
        throws ScimException {
        scim.modify("Groups", group.getId(), new PatchRequest(operation),
                    GroupResource.class);
    }

    private void search() throws ScimException {
        for (int i = 0; i < 25; i++) {
            scim.create("Users", newUser(String.format("page-%02d", i)));
        }

        Filter filter = Filter.sw("userName", "page-");
        ListResponse<UserResource> page = scim.searchRequest("Users")
            .filter(filter).page(21, 10).sort("userName", SortOrder.DESCENDING)
            .invoke(UserResource.class);
        tap.is(page.getTotalResults(), 25, "a search knows how many there are");
        tap.is(page.getResources().size(), 5, "the last page");
        tap.is(page.getResources().get(0).getUserName(), "page-04", "sorted");

        tap.is(scim.searchRequest("Users").filter(Filter.and(
                   Filter.eq("name.familyName", "Ode"),
                   Filter.hasComplexValue("emails", Filter.eq("value",
                       "page-07@example.com")))).invoke(UserResource.class)
                   .getTotalResults(), 1, "a filter of several parts");
        tap.is(scim.searchRequest("Users").filter(filter).page(1, 3)
                   .invokePost(UserResource.class).getResources().size(), 3,
               "a search by POST");

        List<String> names = new ArrayList<>();
        ListResponse<UserResource> part = scim.searchRequest("Users")
            .filter(filter).firstPageCursorWithCount(10)
            .invoke(UserResource.class);
        part.forEach(user -> names.add(user.getUserName()));
        while (part.getNextCursor() != null) {
            part = scim.searchRequest("Users").filter(filter)
                .pageWithCursor(part.getNextCursor(), 10)
                .invoke(UserResource.class);
            part.forEach(user -> names.add(user.getUserName()));
        }
        tap.is(names.size(), 25, "all pages by a cursor");
        tap.is(new HashSet<>(names).size(), 25, "each user once");
    }

    private void versions() throws ScimException {
        UserResource user = scim.create("Users", newUser("unboundid-version"));

        user.setTitle("one");
        UserResource newer = scim.replaceRequest(user).ifMatch()
            .invoke();
        tap.is(newer.getTitle(), "one", "a replacement of the version that is");

        user.setTitle("two");
        try {
            scim.replaceRequest(user).ifMatch().invoke();
            tap.ok(false, "a replacement of an older version is refused");
        } catch (PreconditionFailedException e) {
            tap.ok(true, "a replacement of an older version is refused");
        }

        try {
            scim.retrieveRequest(newer).ifNoneMatch().invoke();
            tap.ok(false, "what has not changed is not sent again");
        } catch (NotModifiedException e) {
            tap.ok(true, "what has not changed is not sent again");
        }
    }

    private void errors() throws ScimException {
        scim.create("Users", newUser("unboundid-twice"));

        try {
            scim.create("Users", newUser("UnboundID-Twice"));
            tap.ok(false, "a name that is taken is a conflict");
        } catch (ResourceConflictException e) {
            tap.is(e.getScimError().getScimType(), "uniqueness",
                   "a name that is taken is a conflict");
        }

        try {
            scim.searchRequest("Users").filter("shoeSize eq 9")
                .invoke(UserResource.class);
            tap.ok(false, "a filter on nothing is refused");
        } catch (ScimException e) {
            tap.is(e.getScimError().getScimType(), "invalidFilter",
                   "a filter on nothing is refused");
        }
    }
}
