package interop;

import de.captaingoldfish.scim.sdk.client.ScimClientConfig;
import de.captaingoldfish.scim.sdk.client.ScimRequestBuilder;
import de.captaingoldfish.scim.sdk.client.resources.MetaConfiguration;
import de.captaingoldfish.scim.sdk.client.response.ServerResponse;
import de.captaingoldfish.scim.sdk.common.constants.enums.Comparator;
import de.captaingoldfish.scim.sdk.common.constants.enums.HttpMethod;
import de.captaingoldfish.scim.sdk.common.constants.enums.PatchOp;
import de.captaingoldfish.scim.sdk.common.constants.enums.SortOrder;
import de.captaingoldfish.scim.sdk.common.resources.EnterpriseUser;
import de.captaingoldfish.scim.sdk.common.resources.Group;
import de.captaingoldfish.scim.sdk.common.resources.ResourceNode;
import de.captaingoldfish.scim.sdk.common.resources.ServiceProvider;
import de.captaingoldfish.scim.sdk.common.resources.User;
import de.captaingoldfish.scim.sdk.common.resources.complex.Name;
import de.captaingoldfish.scim.sdk.common.resources.multicomplex.Email;
import de.captaingoldfish.scim.sdk.common.resources.multicomplex.Member;
import de.captaingoldfish.scim.sdk.common.response.BulkResponse;
import de.captaingoldfish.scim.sdk.common.response.ListResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The client of the SCIM SDK of Captain-P-Goldfish. */
final class Goldfish {

    private static final String USERS = "/Users";
    private static final String GROUPS = "/Groups";
    private static final String ENTERPRISE =
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    private final Tap tap;
    private final ScimRequestBuilder scim;

    Goldfish(Tap tap, String root, String token) {
        this.tap = tap;
        this.scim = new ScimRequestBuilder(root, ScimClientConfig.builder()
            .httpHeaders(Map.of("Authorization", "Bearer " + token))
            .build());
    }

    void run() {
        tap.client("scim-sdk-client");
        tap.part("discovery", this::discovery);
        tap.part("users", this::users);
        tap.part("groups", this::groups);
        tap.part("search", this::search);
        tap.part("versions", this::versions);
        tap.part("bulk", this::bulk);
        tap.part("errors", this::errors);
        scim.close();
    }

    private void discovery() {
        ServiceProvider provider = scim.loadServiceProviderConfiguration();
        tap.ok(provider.getPatchConfig().isSupported(), "PATCH is supported");
        tap.ok(provider.getBulkConfig().isSupported(), "bulk is supported");

        ServerResponse<MetaConfiguration> meta =
            scim.loadMetaConfiguration().sendRequest();
        tap.ok(meta.isSuccess(), "all of discovery is read");
        tap.ok(meta.getResource().getResourceTypes().size() >= 2,
               "resource types");
        tap.ok(meta.getResource().getSchemas().size() >= 3, "schemas");
    }

    private User newUser(String name) {
        return User.builder().userName(name).active(true)
            .name(Name.builder().givenName("Kim").familyName("Ode").build())
            .emails(List.of(Email.builder().value(name + "@example.com")
                                .type("work").primary(true).build()))
            .build();
    }

    private String create(User user) {
        ServerResponse<User> made = scim.create(User.class, USERS)
            .setResource(user).sendRequest();
        return made.getResource().getId().orElseThrow();
    }

    /* true, and what the client says of an answer that it takes as failed */
    private boolean worked(ServerResponse<?> response) {
        if (!response.isSuccess()) {
            System.out.printf("# %s %s%n", response.getHttpStatus(),
                              response.getResponseBody());
        }
        return response.isSuccess();
    }

    private void users() {
        User user = newUser("goldfish");
        user.setExternalId("g-1");
        user.setEnterpriseUser(EnterpriseUser.builder().department("Sales")
                                   .build());

        ServerResponse<User> made = scim.create(User.class, USERS)
            .setResource(user).sendRequest();
        tap.ok(worked(made), "a user is made");
        String id = made.getResource().getId().orElseThrow();
        tap.is(made.getResource().getEnterpriseUser().orElseThrow()
                   .getDepartment().orElse(null), "Sales", "with an extension");

        ServerResponse<User> read = scim.get(User.class, USERS, id).sendRequest();
        tap.ok(worked(read), "it is read");
        tap.is(read.getResource(), made.getResource(), "as it was made");

        User changed = read.getResource();
        changed.setTitle("Engineer");
        ServerResponse<User> replaced = scim.update(User.class, USERS, id)
            .setResource(changed).sendRequest();
        tap.ok(worked(replaced), "it is replaced");
        tap.is(replaced.getResource().getTitle().orElse(null), "Engineer",
               "by what was sent");

        ServerResponse<User> patched = scim.patch(User.class, USERS, id)
            .addOperation().op(PatchOp.REPLACE).path("active").value("false")
            .next().op(PatchOp.REPLACE).path("name.givenName").value("Lee")
            .next().op(PatchOp.REPLACE).path(ENTERPRISE + ":department")
            .value("Support")
            .next().op(PatchOp.REMOVE).path("title")
            .build().sendRequest();
        tap.ok(worked(patched), "it is modified");
        tap.is(patched.getResource().isActive().orElse(null), false,
               "an attribute");
        tap.is(patched.getResource().getName().orElseThrow().getGivenName()
                   .orElse(null), "Lee", "a sub-attribute");
        tap.is(patched.getResource().getEnterpriseUser().orElseThrow()
                   .getDepartment().orElse(null), "Support", "an extension");
        tap.ok(patched.getResource().getTitle().isEmpty(), "one is removed");

        patched = scim.patch(User.class, USERS, id)
            .addOperation().op(PatchOp.ADD)
            .valueNode(User.builder().nickName("K").build())
            .build().sendRequest();
        tap.ok(worked(patched), "without a path");
        tap.is(patched.getResource().getNickName().orElse(null), "K",
               "it is modified too");

        tap.ok(worked(scim.delete(User.class, USERS, id).sendRequest()),
               "it is deleted");
        tap.is(scim.get(User.class, USERS, id).sendRequest().getHttpStatus(),
               404, "and gone");
    }

    private Set<String> members(String id) {
        Set<String> ids = new HashSet<>();
        ServerResponse<Group> group = scim.get(Group.class, GROUPS, id)
            .sendRequest();
        for (Member member : group.getResource().getMembers()) {
            ids.add(member.getValue().orElseThrow());
        }
        return ids;
    }

    private void groups() {
        String one = create(newUser("goldfish-1"));
        String two = create(newUser("goldfish-2"));
        ServerResponse<Group> made = scim.create(Group.class, GROUPS)
            .setResource(Group.builder().displayName("Goldfish")
                .members(List.of(Member.builder().value(one).build())).build())
            .sendRequest();
        tap.ok(worked(made), "a group is made");
        String id = made.getResource().getId().orElseThrow();
        tap.is(members(id), Set.of(one), "with a member");

        tap.ok(worked(scim.patch(Group.class, GROUPS, id).addOperation()
                   .op(PatchOp.ADD).path("members")
                   .valueNode(Member.builder().value(two).build())
                   .build().sendRequest()), "a member is added");
        tap.is(members(id), Set.of(one, two), "to the other");

        tap.ok(worked(scim.patch(Group.class, GROUPS, id).addOperation()
                   .op(PatchOp.REMOVE)
                   .path("members[value eq \"" + one + "\"]")
                   .build().sendRequest()), "a member is removed");
        tap.is(members(id), Set.of(two), "and the other stays");

        tap.ok(worked(scim.delete(Group.class, GROUPS, id).sendRequest()),
               "the group is deleted");
    }

    private void search() {
        for (int i = 0; i < 25; i++) {
            create(newUser(String.format("fish-%02d", i)));
        }

        ServerResponse<ListResponse<User>> page = scim.list(User.class, USERS)
            .filter("userName", Comparator.SW, "fish-").build()
            .sortBy("userName").sortOrder(SortOrder.DESCENDING)
            .startIndex(21).count(10).get().sendRequest();
        tap.ok(worked(page), "a search");
        tap.is(page.getResource().getTotalResults(), 25L,
               "knows how many there are");
        tap.is(page.getResource().getListedResources().size(), 5,
               "the last page");
        tap.is(page.getResource().getListedResources().get(0).getUserName()
                   .orElse(null), "fish-04", "sorted");

        ServerResponse<ListResponse<User>> found = scim.list(User.class, USERS)
            .filter("userName", Comparator.EQ, "FISH-07")
            .and("name.familyName", Comparator.EQ, "Ode").build()
            .post().sendRequest();
        tap.is(found.getResource().getTotalResults(), 1L, "a search by POST");

        ServerResponse<ListResponse<User>> all = scim.list(User.class, USERS)
            .filter("userName", Comparator.SW, "fish-").build()
            .get().getAll();
        tap.is(all.getResource().getListedResources().size(), 25, "all pages");
    }

    private <T extends ResourceNode> String version(ServerResponse<T> response) {
        return response.getResource().getMeta().orElseThrow().getVersion()
            .orElseThrow().getEntityTag();
    }

    private void versions() {
        String id = create(newUser("goldfish-version"));
        ServerResponse<User> read = scim.get(User.class, USERS, id).sendRequest();
        User user = read.getResource();

        user.setTitle("one");
        tap.ok(worked(scim.update(User.class, USERS, id)
                   .setETagForIfMatch(version(read)).setResource(user)
                   .sendRequest()), "a replacement of the version that is");

        user.setTitle("two");
        tap.is(scim.update(User.class, USERS, id)
                   .setETagForIfMatch(version(read)).setResource(user)
                   .sendRequest().getHttpStatus(), 412,
               "a replacement of an older version is refused");

        read = scim.get(User.class, USERS, id).sendRequest();
        tap.is(scim.get(User.class, USERS, id)
                   .setETagForIfNoneMatch(version(read)).sendRequest()
                   .getHttpStatus(), 304,
               "what has not changed is not sent again");
    }

    private void bulk() {
        ServerResponse<BulkResponse> response = scim.bulk().failOnErrors(1)
            .bulkRequestOperation(USERS).method(HttpMethod.POST)
            .bulkId("user").data(newUser("goldfish-bulk"))
            .next()
            .bulkRequestOperation(GROUPS).method(HttpMethod.POST)
            .bulkId("group").data(Group.builder().displayName("Bulk")
                .members(List.of(Member.builder().value("bulkId:user")
                                     .build())).build())
            .sendRequest();
        tap.ok(worked(response), "a bulk");

        List<?> operations = response.getResource()
            .getBulkResponseOperations();
        tap.is(operations.size(), 2, "each operation has an answer");
        response.getResource().getBulkResponseOperations().forEach(
            operation -> tap.is(operation.getStatus(), 201, "it was created"));

        ServerResponse<ListResponse<Group>> found = scim.list(Group.class, GROUPS)
            .filter("displayName", Comparator.EQ, "Bulk").build()
            .get().sendRequest();
        tap.is(found.getResource().getListedResources().get(0).getMembers()
                   .size(), 1, "the group has the user that was made beside it");
    }

    private void errors() {
        create(newUser("goldfish-twice"));

        ServerResponse<User> taken = scim.create(User.class, USERS)
            .setResource(newUser("GoldFish-Twice")).sendRequest();
        tap.is(taken.getHttpStatus(), 409, "a name that is taken is a conflict");
        tap.is(taken.getErrorResponse().getScimType().orElse(null), "uniqueness",
               "with the reason");

        ServerResponse<ListResponse<User>> bad = scim.list(User.class, USERS)
            .filter("shoeSize eq 9").get().sendRequest();
        tap.is(bad.getHttpStatus(), 400, "a filter on nothing is refused");
        tap.is(bad.getErrorResponse().getScimType().orElse(null),
               "invalidFilter", "with the reason");
    }
}
