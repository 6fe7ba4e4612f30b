package Workloads;

# The workloads of ./build.sh bench: a table of sessions for bench/load, which
# fills in the words in angle brackets. DATA of the sessions is the id of a user
# and its number in the organization.
#
# Each workload: name (short, for the command line), title, steps (sub of the
# data that bench/run.pl has made, and of a tag that no session had before);
# and where they are not the default: tenant ("read", which no workload adds
# users to), connections, aof (Redis has on the disk what it acknowledges), per
# (how much one session creates), after (sub that dies if Redis does not hold
# what it should), skip (sub that tells why it cannot be run), beside (sub like
# steps, for one more connection; it is measured without that, too), wrk (that is
# the client, instead of bench/load), target (what its ratio is to become), peer
# (sub of a peer and a tag: the steps as other servers take them, see Peers.pm),
# peer_connections.

use strict;
use warnings;

our $ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
our $USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
my $GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
my $PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
my $BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';


# A user of about 1 KiB, as Entra ID sends them.
sub user {
    my ($name, $title) = @_;
    return qq({"schemas":["$USER","$ENTERPRISE"],)
        . qq("externalId":"ext-$name","userName":"$name\@example.com",)
        . qq("active":true,"displayName":"User $name","title":"$title",)
        . qq("preferredLanguage":"en-US","timezone":"Europe/Helsinki",)
        . qq("name":{"formatted":"Kim $name","familyName":"$name",)
        . qq("givenName":"Kim"},"emails":[{"type":"work","primary":true,)
        . qq("value":"$name\@example.com"},{"type":"home",)
        . qq("value":"$name\@home.example.com"}],"phoneNumbers":[{"type":)
        . qq("work","value":"+358 9 1234567"},{"type":"mobile","value":)
        . qq("+358 40 1234567"}],"addresses":[{"type":"work","formatted":)
        . qq("1 Long Street, 00100 Helsinki","streetAddress":"1 Long Street",)
        . qq("locality":"Helsinki","region":"Uusimaa","postalCode":"00100",)
        . qq("country":"FI"}],"roles":[{"primary":true,"value":"engineer"}],)
        . qq("$ENTERPRISE":{"employeeNumber":"4711","department":)
        . qq("Observability","costCenter":"1234","organization":)
        . qq("Example","division":"Platform"}});
}


sub patch {
    return qq({"schemas":["$PATCH"],"Operations":[) . join(',', @_) . ']}';
}


sub active {
    my ($value) = @_;
    return patch(qq({"op":"Replace","path":"active","value":"$value"}));
}


sub add_member {
    my ($id) = @_;
    return patch(qq({"op":"Add","path":"members","value":[{"value":"$id"}]}));
}


sub remove_member {
    my ($id) = @_;
    return patch(qq({"op":"Remove","path":"members",)
                 . qq("value":[{"value":"$id"}]}));
}


sub step {
    my ($request, %opt) = @_;
    my ($method, $path, $status, $repeat) = split ' ', $request;
    return "> $method /scim/v2$path $status" . ($repeat ? ' *' : '') . "\n"
        . (defined $opt{want} ? "? $opt{want}\n" : '')
        . (defined $opt{body} ? "$opt{body}\n" : '');
}


sub filter {
    my ($expression) = @_;
    return step("GET /Users?filter=$expression 200", want => '"id":"<1>"');
}


# as the RFC writes it, for servers that take nothing else
sub plain_active {
    my ($value) = @_;
    return patch(qq({"op":"replace","path":"active","value":$value}));
}


sub six_attributes {
    my ($tag) = @_;
    my $op = sub { qq({"op":"$_[0]","path":"$_[1]","value":"$_[2]"}) };
    return patch(
        $op->(Replace => 'displayName', "Kim $tag-<n>"),
        $op->(Replace => 'title', "Title $tag-<n>"),
        $op->(Replace => 'name.familyName', "Ode $tag-<n>"),
        $op->(Replace => 'phoneNumbers[type eq \"mobile\"].value',
              "+1 $tag <n>"),
        $op->(Add => 'timezone', "Europe/Oslo$tag-<n>"),
        $op->(Replace => "$ENTERPRISE:department", "Department $tag-<n>"));
}


sub bulk {
    my ($tag) = @_;
    return qq({"schemas":["$BULK"],"Operations":[) . join(',', map {
        qq({"method":"POST","path":"/Users","bulkId":"b$_","data":)
        . user("bulk$tag-<n>-$_", 'Engineer') . '}'
    } 1 .. 100) . ']}';
}


# a resource of Users, or of another path
sub create {
    my %opt = (path => '/Users', @_);
    return step("POST $opt{path} 201", %opt);
}


# one member of a group leaves and joins again; DATA tells of which, if of many
sub join_and_leave {
    my ($size) = @_;
    return sub {
        my ($data) = @_;
        my $group = ref $data->{groups}{$size} ? '<3>' : $data->{groups}{$size};
        return step("PATCH /Groups/$group 204", body => remove_member('<1>'))
            . step("PATCH /Groups/$group 204", body => add_member('<1>'));
    };
}


sub group {
    my ($size) = @_;
    return sub {
        my ($data) = @_;
        return step("GET /Groups/$data->{groups}{$size} 200",
                    want => qq("displayName":"group $size"));
    };
}


# The requests of a first cycle for a user who is assigned by a group.
sub initial_cycle {
    my ($data, $tag) = @_;
    my $name = "entra$tag-<n>";
    my $groups = '/Groups?excludedAttributes=members&filter=displayName+eq+';
    return step("GET /Users?filter=userName+eq+%22$name%40example.com%22 200",
                want => '"totalResults":0')
        . create(body => user($name, 'Engineer'))
        . step("GET $groups%22entra%22 200",
               want => qq("id":"$data->{entra}"))
        . step("PATCH /Groups/$data->{entra} 204",
               body => add_member('<id>'));
}


sub incremental_cycle {
    my ($data) = @_;
    my $group = $data->{groups}{10};
    return step('GET /Users/<1> 200', want => '"userName":"u<2>@example.com"')
        . step("GET /Groups/$group?excludedAttributes=members 200",
               want => '"displayName":"group 10"');
}


# All users, page by page, each time the place where the page before it ended.
sub walk {
    return step('GET /Users?count=100&cursor= 200', want => '"Resources":[')
        . step('GET /Users?count=100&cursor=<cursor> 200 *',
               want => '"Resources":[');
}


# looks at each user, and finds none
sub scan {
    return step('GET /Users?filter=title+co+%22zzz%22 200',
                want => '"totalResults":0');
}


sub page {
    my ($start, $more) = @_;
    return step("GET /Users?startIndex=$start&count=100" . ($more // '')
                . ' 200', want => qq("startIndex":$start));
}


# where the last full page begins
sub deep {
    my ($data) = @_;
    return $data->{users} > 100 ? $data->{users} - 99 : 1;
}


# Both are told by Redis: what no answer has said is not there, and what was
# said is.
sub all_created {
    my ($data, $sessions, $per) = @_;
    my $more = $data->{count}->('new') - $data->{before};
    my $least = $sessions * $per;
    die "$more users were created in $sessions sessions\n"
        if $more < $least || $more > $least + $data->{connections} * $per;
}


# at the end of a round at most one for each connection is on its way back
sub all_members {
    my ($size) = @_;
    return sub {
        my ($data) = @_;
        my $members = $data->{members_of}->($data->{groups}{$size});
        my $all = $data->{sizes}{$size};
        my $before = $data->{left}{$size} // $all;
        die "$members members of $all are left, $before before\n"
            if $members > $all || $members < $before - $data->{connections};
        $data->{left}{$size} = $members;
    };
}


our $REFERENCE = "> GET /reference 200\n";

our @ALL = (
    { name => 'reference', title => 'nginx `return 200`, 1 KiB',
      steps => sub { $REFERENCE } },

    { name => 'get', title => 'GET by id, of a user in 5 groups', target => 0.45, peer => sub { step('GET /Users/<1> 200', want => '"u<2>@example.com"') },
      steps => sub {
        step('GET /Users/<1> 200', want => '"userName":"u<2>@example.com"') } },

    (map {
        my $n = $_;
        { name => "get-in$n", tenant => "in$n",
          title => "GET by id, of a user in $n groups", steps => sub {
            step('GET /Users/<1> 200', want => '"userName":"u<2>@example.com"') } }
    } 0, 20, 100),

    { name => 'get-wrk', title => 'the same by wrk', wrk => 1 },

    { name => 'username', title => 'filter `userName eq`', target => 0.30,
      peer => sub {
        step('GET /Users?filter=userName+eq+%22u<2>%40example.com%22 200',
             want => '"<1>"') },
      steps => sub { filter('userName+eq+%22u<2>%40example.com%22') } },

    { name => 'externalid', title => 'filter `externalId eq`',
      steps => sub { filter('externalId+eq+%22ext-u<2>%22') } },

    { name => 'email', title => 'filter `emails[type eq "work"].value eq`',
      steps => sub { filter('emails%5Btype+eq+%22work%22%5D.value+eq+'
                            . '%22u<2>%40example.com%22') } },

    { name => 'post', title => 'POST, no AOF', tenant => 'new', target => 0.20,
      after => \&all_created, peer => sub {
        create(body => user("n$_[1]-<n>", 'Engineer'),
               want => qq("n$_[1]-<n>\@example.com")) },
      steps => sub {
        create(body => user("n$_[1]-<n>", 'Engineer'),
               want => qq("userName":"n$_[1]-<n>\@example.com")) } },

    { name => 'post-aof', title => 'POST, AOF `always`', tenant => 'new',
      aof => 1, target => 0.10, after => \&all_created, steps => sub {
        create(body => user("n$_[1]-<n>", 'Engineer'),
               want => qq("userName":"n$_[1]-<n>\@example.com")) } },

    { name => 'put', title => 'PUT', peer => sub {
        step('PUT /Users/<1> 200', body => user('u<2>', "Title $_[1]-<n>"),
             want => qq("Title $_[1]-<n>")) },
      steps => sub {
        step('PUT /Users/<1> 200', body => user('u<2>', "Title $_[1]-<n>"),
             want => qq("title":"Title $_[1]-<n>")) } },

    { name => 'active', title => 'PATCH `active`', target => 0.18,
      peer => sub {
        join '', map { step("PATCH /Users/<1> 2xx",
                            body => plain_active($_)) } qw(false true) },
      steps => sub {
        step('PATCH /Users/<1> 200', body => active('False'),
             want => '"active":false')
        . step('PATCH /Users/<1> 200', body => active('True'),
               want => '"active":true') } },

    { name => 'six', title => 'PATCH of six attributes', steps => sub {
        step('PATCH /Users/<1> 200', body => six_attributes($_[1]),
             want => qq("department":"Department $_[1]-<n>")) } },

    { name => 'member-10', title => 'a member leaves and joins, of 10',
      tenant => 'large', data => 'tens', after => all_members('tens'),
      steps => join_and_leave('tens') },

    { name => 'member-large', title => 'a member leaves and joins, of MEMBERS',
      tenant => 'large', target => 0.40, after => all_members('MEMBERS'),
      steps => join_and_leave('MEMBERS') },

    { name => 'page', title => 'page of 100 users in 5 groups, the first', target => 0.015,
      peer_connections => 4, peer => sub {
        step('GET /Users?startIndex=1&count=100 200', want => '"Resources"') },
      steps => sub { page(1) } },

    (map {
        { name => "page-in$_", tenant => "in$_",
          title => "page of 100 users in $_ groups each",
          $_ == 100 ? (connections => 8) : (), steps => sub { page(1) } }
    } 0, 20, 100),

    { name => 'page-deep', title => 'page of 100, the last',
      steps => sub { page(deep($_[0])) } },

    { name => 'cursor', title => 'all users by cursor, 100 at a time',
      connections => 8, steps => \&walk },

    { name => 'sorted', title => 'page of 100, sorted', connections => 2,
      steps => sub { page(1, '&sortBy=name.formatted') } },

    { name => 'sorted-index', title => 'page of 100, sorted by an index',
      connections => 2, steps => sub { page(1, '&sortBy=externalId') } },

    { name => 'scan', title => 'search of MEMBERS without an index',
      tenant => 'large', connections => 1, steps => \&scan },

    { name => 'get-scan', tenant => 'large', connections => 8,
      title => 'GET by id, beside a search of MEMBERS without an index',
      beside => \&scan, steps => sub {
        step('GET /Users/<1> 200', want => '"userName":"u<2>@example.com"') } },

    { name => 'group-10', title => 'GET of a group of 10', tenant => 'large',
      steps => group(10) },

    { name => 'group-1000', title => 'GET of a group of 1,000',
      tenant => 'large', steps => group(1000) },

    { name => 'group-large', title => 'GET of a group of MEMBERS',
      tenant => 'large', connections => 2, steps => group('MEMBERS') },

    { name => 'get-beside', tenant => 'large', connections => 8,
      title => 'GET by id, beside a GET of a group of MEMBERS',
      beside => group('MEMBERS'), steps => sub {
        step('GET /Users/<1> 200', want => '"userName":"u<2>@example.com"') } },

    { name => 'bulk', title => 'bulk of 100 creates', tenant => 'new',
      connections => 8, per => 100, after => \&all_created, steps => sub {
        step('POST /Bulk 200', body => bulk($_[1]),
             want => '"status":"201"') } },

    { name => 'initial', title => 'Entra, initial cycle', tenant => 'new',
      after => \&all_created, steps => \&initial_cycle },

    { name => 'incremental', title => 'Entra, incremental cycle',
      tenant => 'large', steps => \&incremental_cycle },
);

1;
