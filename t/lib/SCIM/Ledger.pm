package SCIM::Ledger;

# A client that writes down what it was told. It changes users and groups of its
# own, and the memberships of its own users in groups that all clients share, so
# that it knows the state of each. A change is
#
#   acknowledged  2xx: it is there from now on
#   unknown       503, or the connection broke: it may be there or not, whole
#
# A change of unknown outcome is either repeated until it is acknowledged, as
# identity providers do, or left alone; what it touched is not touched again
# until settle(), which finds out by reading which of the two states is there.
# A third one is a problem. So is any answer that is not expected.

use strict;
use warnings;

use IO::Socket::INET;
use JSON::PP;
use List::Util qw(min shuffle);
use Socket qw(SOL_SOCKET SO_RCVTIMEO);
use Time::HiRes qw(sleep time);

use SCIM;

my $json = JSON::PP->new->utf8->canonical;

our $HANGS = 15;        # seconds; what is not answered by then never will be
my $RETRIES = 30;       # seconds
my $USERS = 24;
my $GROUPS = 6;
my $LARGE = 2;
my $ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';
my $BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
my $PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';


# Options: scim, n (a number of its own), shared (ids of groups), pool (how many
# users it makes for groups of more than 500, 0 for no such groups), file.
sub new {
    my ($class, %opt) = @_;
    my $self = bless {
        users => {}, groups => {}, gone => {}, locked => {}, unsettled => [],
        serial => 0, requests => 0, slowest => 0, large => {},
        count => {}, what => {}, problems => [], broken => [], events => [],
        joined => {}, in => {}, %opt,
    }, $class;

    open $self->{log}, '>', $self->{file} or die "$self->{file}: $!";
    $self->{log}->autoflush(1);
    return $self;
}


sub token { "client$_[0]{n}" }

sub note {
    my ($self, $text) = @_;
    printf { $self->{log} } "%.3f %s\n", time, $text;
}

sub problem {
    my ($self, $text) = @_;
    $self->note("PROBLEM $text");
    push @{ $self->{problems} }, "client $self->{n}: $text";
}

sub differs {
    my ($self, $what, $is, @must) = @_;
    $self->problem(join "\n  ", "$what is", short($is), 'and must be',
                   map { short($_) } @must);
}

# a state for a message
sub short { length $_[0] > 500 ? substr($_[0], 0, 500) . '...' : $_[0] }

sub text { $json->encode($_[0]) }

sub pick { $_[int rand @_] }


# --- requests ---------------------------------------------------------------

sub call {
    my ($self, $method, $path, $body) = @_;
    my $n = ++$self->{requests};
    my $start = time;

    $self->note("> $n $method $path "
                . (defined $body ? substr text($body), 0, 400 : ''));

    my $res = $self->exchange($method, $path, $body);
    my $took = time - $start;

    $self->{slowest} = $took if $took > $self->{slowest};
    $self->note(sprintf '< %d %d %.3f %s', $n, $res->{status}, $took,
                $res->{headers}{etag} // $res->{broken} // '');
    $self->judge($res, "$method $path", $start, $took);
    return $res;
}


sub exchange {
    my ($self, $method, $path, $body) = @_;

    $self->{socket} ||= IO::Socket::INET->new(
        PeerAddr => "127.0.0.1:$self->{scim}{port}", Timeout => $HANGS)
        or return { status => 0, broken => "connect: $!" };
    setsockopt $self->{socket}, SOL_SOCKET, SO_RCVTIMEO,
        pack 'l!l!', $HANGS, 0;

    my $res = SCIM::_exchange($self->{socket}, $method,
        $self->{scim}->request_text($method, $path, $body,
                                    token => $self->token));

    if (!$res || length $res->{text}
                 != ($res->{headers}{'content-length'} // 0))
    {
        $res = { status => 0, broken => 'no whole answer' };
    }

    delete $self->{socket}
        if !$res->{status} || ($res->{headers}{connection} // '') eq 'close';
    return $res;
}


# sorts an answer, and looks whether one of its kind may be given at all
sub judge {
    my ($self, $res, $what, $start, $took) = @_;
    my $status = $res->{status};
    my $kind = $status == 0 ? 'broken' : $status == 503 ? 'unavailable'
             : $status < 300 ? 'acknowledged' : 'refused';

    $self->{count}{$kind}++ if $what !~ /^GET/;
    $self->{count}{reads}++ if $what =~ /^GET/;
    $res->{unknown} = $kind eq 'broken' || $kind eq 'unavailable';

    $self->problem("$what: not answered in $HANGS s") if $took >= $HANGS;
    push @{ $self->{broken} }, [ $start, $start + $took, $what ]
        if $kind eq 'broken';

    return if $kind ne 'unavailable';
    my $body = ref $res->{body} eq 'HASH' ? $res->{body} : {};
    $self->problem("$what: a 503 that is no SCIM error with Retry-After: "
                   . $res->{text})
        if ($res->{headers}{'retry-after'} // '') !~ /^\d+$/
            || ($res->{headers}{'content-type'} // '')
               ne 'application/scim+json'
            || ($body->{status} // '') ne '503'
            || ($body->{schemas}[0] // '') ne $ERROR || !$body->{detail};
}


# a read that is answered at last
sub read_until {
    my ($self, $path) = @_;
    my $until = time + $RETRIES;

    while (1) {
        my $res = $self->call('GET', $path);
        return $res if !$res->{unknown};
        if (time > $until) {
            $self->problem("GET $path: no service for $RETRIES s");
            return $res;
        }
        sleep 0.1;
    }
}


# --- what must be there -----------------------------------------------------

# An event of the change stream that belongs to a change of a resource.
sub event {
    my ($self, $id, $version, $op, @attrs) = @_;
    push @{ $self->{events} },
        [ $id, $version, $op, join(',', sort @attrs) ];
}


sub diff {
    my ($old, $new) = @_;
    my %names = (%$old, %$new);
    return grep { text([ $old->{$_} ]) ne text([ $new->{$_} ]) } keys %names;
}


# the state of a resource as text, by the ledger and by the server's answer
sub expected {
    my ($self, $type, $id) = @_;
    my $it = $self->{$type}{$id} or return 'gone';
    my @linked = $type eq 'users'
        ? ((grep { $self->{groups}{$_}{members}{$id} }
            keys %{ $self->{in}{$id} || {} }),
           keys %{ $self->{joined}{$id} || {} })
        : keys %{ $it->{members} };
    return text([ $it->{version}, $it->{doc}, [ sort @linked ] ]);
}


sub actual {
    my ($self, $type, $res) = @_;
    return 'gone' if $res->{status} == 404;
    return "status $res->{status} $res->{text}" if $res->{status} != 200;

    my %doc = %{ $res->{body} };
    my $linked = $type eq 'users' ? 'groups' : 'members';
    my ($version) = $doc{meta}{version} =~ /^W\/"(\d+)"$/;
    my @linked = sort map { $_->{value} } @{ $doc{$linked} || [] };
    delete @doc{qw(schemas id meta), $linked};
    return text([ ($version // 0) + 0, \%doc, \@linked ]);
}


sub path_of { my ($type, $id) = @_; return '/' . ucfirst($type) . "/$id" }

sub look { my ($self, $type, $id) = @_;
           return $self->actual($type,
                                $self->read_until(path_of($type, $id))) }


sub verify {
    my ($self, $type, $id, $what) = @_;
    my ($is, $must) = ($self->look($type, $id), $self->expected($type, $id));
    $self->differs("$what: $type $id", $is, $must) if $is ne $must;
}


sub applied_create {
    my ($self, $type, $doc, $members, $id) = @_;
    $self->{$type}{$id} = { version => 1, doc => $doc,
                            $members ? (members => { %$members }) : () };
    $self->{in}{$_}{$id} = 1 for keys %{ $members || {} };
    $self->event($id, 1, 'create', keys %$doc,
                 $members && %$members ? 'members' : ());
}


sub applied_update {
    my ($self, $type, $id, $doc, $members) = @_;
    my $it = $self->{$type}{$id};
    my @attrs = diff($it->{doc}, $doc);

    if ($members && text($members) ne text($it->{members})) {
        push @attrs, 'members';
        delete $self->{in}{$_}{$id} for keys %{ $it->{members} };
        $self->{in}{$_}{$id} = 1 for keys %$members;
        $it->{members} = { %$members };
    }

    $it->{doc} = $doc;
    $self->event($id, ++$it->{version}, 'update', @attrs);
}


sub applied_delete {
    my ($self, $type, $id) = @_;
    my $it = delete $self->{$type}{$id};

    if ($type eq 'users') {
        for my $group (keys %{ delete $self->{in}{$id} || {} }) {
            my %rest = %{ $self->{groups}{$group}{members} };
            delete $rest{$id};
            $self->applied_update('groups', $group,
                                  $self->{groups}{$group}{doc}, \%rest);
        }
        $self->{changed}{$_}++ for keys %{ delete $self->{joined}{$id} || {} };
    }
    else {
        delete $self->{in}{$_}{$id} for keys %{ $it->{members} };
        delete $self->{large}{$id};
    }

    $self->{gone}{$id} = $type;
    $self->event($id, $it->{version}, 'delete');
}


sub applied_join {
    my ($self, $group, $user, $joins) = @_;
    $self->{changed}{$group}++;
    $joins ? $self->{joined}{$user}{$group} = 1
           : delete $self->{joined}{$user}{$group};
}


# --- changes ----------------------------------------------------------------
#
# Each is { what, method, path, data, type, id or name (of what is made), locks,
# apply }; apply is given the id.

sub user_doc {
    my ($self, $name) = @_;
    my $k = ++$self->{serial};
    my $c = "c$self->{n}";
    $name //= "$c-u$k\@example.com";
    return {
        userName   => $name,
        externalId => "$c-x$k",
        name       => { givenName => "G$k", familyName => 'Ledger' },
        title      => "T$k",
        active     => $k % 2 ? JSON::PP::true : JSON::PP::false,
        emails     => [ { value => "$c-m$k\@example.com", type => 'work',
                          primary => JSON::PP::true } ],
    };
}

sub group_doc {
    my ($self) = @_;
    my $k = ++$self->{serial};
    return { displayName => "c$self->{n}-g$k",
             externalId => "c$self->{n}-gx$k" };
}

sub values_of { [ map { { value => $_ } } @_ ] }


sub create_user {
    my ($self) = @_;
    my $doc = $self->user_doc;
    return { what => 'create user', method => 'POST', path => '/Users',
             data => $doc, type => 'users', name => $doc->{userName},
             locks => [],
             apply => sub { $self->applied_create('users', $doc, undef,
                                                  $_[0]) } };
}


sub create_group {
    my ($self, $what, @members) = @_;
    my $doc = $self->group_doc;
    return { what => $what, method => 'POST', path => '/Groups',
             data => { %$doc, members => values_of(@members) },
             type => 'groups', name => $doc->{displayName},
             locks => [ $what =~ /large/ ? () : @members ],
             apply => sub {
                 $self->{large}{ $_[0] } = 1 if $what =~ /large/;
                 $self->applied_create('groups', $doc,
                                       { map { $_ => 1 } @members }, $_[0]);
             } };
}


sub replace_user {
    my ($self, $id) = @_;
    my $doc = $self->user_doc(rand() < 0.7
        ? $self->{users}{$id}{doc}{userName} : undef);
    return { what => 'replace user', method => 'PUT',
             path => path_of('users', $id), data => $doc, type => 'users',
             id => $id, locks => [ $id ],
             apply => sub { $self->applied_update('users', $id, $doc) } };
}


sub patch_user {
    my ($self, $id) = @_;
    my %doc = %{ $self->{users}{$id}{doc} };
    $doc{title} = 'P' . ++$self->{serial};
    $doc{active} = $doc{active} ? JSON::PP::false : JSON::PP::true;
    return { what => 'patch user', method => 'PATCH',
             path => path_of('users', $id), type => 'users', id => $id,
             data => { schemas => [ $PATCH ], Operations => [
                 map { { op => 'replace', path => $_, value => $doc{$_} } }
                 qw(title active) ] },
             locks => [ $id ],
             apply => sub { $self->applied_update('users', $id, \%doc) } };
}


sub replace_group {
    my ($self, $what, $id, @members) = @_;
    my $doc = $self->group_doc;
    my $old = $self->{groups}{$id}{members};
    return { what => $what, method => 'PUT', path => path_of('groups', $id),
             data => { %$doc, members => values_of(@members) },
             type => 'groups', id => $id,
             locks => [ $id, $what =~ /large/ ? () : (@members, keys %$old) ],
             apply => sub { $self->applied_update('groups', $id, $doc,
                                { map { $_ => 1 } @members }) } };
}


sub patch_members {
    my ($self, $what, $id, $op, @members) = @_;
    my %members = %{ $self->{groups}{$id}{members} };
    $op eq 'add' ? @members{@members} = (1) x @members
                 : delete @members{@members};
    return { what => $what, method => 'PATCH', path => path_of('groups', $id),
             type => 'groups', id => $id,
             data => { schemas => [ $PATCH ], Operations => [
                 { op => $op, path => 'members',
                   value => values_of(@members) } ] },
             locks => [ $id, $what =~ /large/ ? () : @members ],
             apply => sub { $self->applied_update('groups', $id,
                                $self->{groups}{$id}{doc}, \%members) } };
}


sub remove {
    my ($self, $what, $type, $id) = @_;
    my @locks = ($id);
    push @locks, keys %{ $self->{in}{$id} || {} } if $type eq 'users';
    push @locks, keys %{ $self->{groups}{$id}{members} }
        if $type eq 'groups' && $what !~ /large/;
    return { what => $what, method => 'DELETE', path => path_of($type, $id),
             type => $type, id => $id, locks => \@locks,
             apply => sub { $self->applied_delete($type, $id) } };
}


# joins a group that all share, or leaves it: the user tells whether it did
sub share {
    my ($self, $user) = @_;
    my $group = pick(@{ $self->{shared} });
    my $joins = !$self->{joined}{$user}{$group};
    return { what => $joins ? 'join shared group' : 'leave shared group',
             method => 'PATCH', path => path_of('groups', $group),
             data => { schemas => [ $PATCH ], Operations => [
                 { op => $joins ? 'add' : 'remove', path => 'members',
                   value => values_of($user) } ] },
             type => 'users', id => $user, locks => [ $user ],
             apply => sub { $self->applied_join($group, $user, $joins) } };
}


# --- choosing ---------------------------------------------------------------

sub free {
    my ($self, @ids) = @_;
    return grep { !$self->{locked}{$_} } sort @ids;
}

sub free_users {
    my ($self) = @_;
    return $self->free(grep { !$self->{pooled}{$_} } keys %{ $self->{users} });
}

sub free_groups {
    my ($self, $large) = @_;
    return $self->free(grep { !$self->{large}{$_} == !$large }
                       keys %{ $self->{groups} });
}


sub some {
    my ($max, @list) = @_;
    return (shuffle @list)[ 0 .. min(int(rand $max) + 1, scalar @list) - 1 ];
}


# a change that can be made now; nothing if the dice have chosen another
sub choose {
    my ($self) = @_;
    my @users = $self->free_users;
    my $dice = rand;

    return $self->choose_large
        if $self->{pool} && $dice < 0.15;
    return $self->choose_group(@users) if $dice < 0.40;
    return $self->create_user
        if keys %{ $self->{users} } < $USERS + keys %{ $self->{pooled} || {} }
            && $dice < 0.60;

    my $user = pick(@users) // return;
    return $self->share($user) if $dice < 0.75;
    return $self->patch_user($user) if $dice < 0.85;
    return $self->replace_user($user) if $dice < 0.95;

    my $change = $self->remove('delete user', 'users', $user);
    return (grep { $self->{locked}{$_} } @{ $change->{locks} })
        ? () : $change;
}


sub choose_group {
    my ($self, @users) = @_;
    my @some = @users ? some(5, @users) : ();
    my $group = pick($self->free_groups);

    return $self->create_group('create group', @some)
        if !$group || keys %{ $self->{groups} }
                      < $GROUPS + keys %{ $self->{large} } && rand() < 0.3;

    my $has = $self->{groups}{$group}{members};
    return if grep { $self->{locked}{$_} } keys %$has;

    my $dice = rand;
    return $self->remove('delete group', 'groups', $group) if $dice < 0.1;
    return $self->replace_group('replace group', $group, @some)
        if $dice < 0.3;

    my @in = grep { $has->{$_} } @some;
    return $self->patch_members('remove members', $group, 'remove', @in)
        if @in;
    return @some ? $self->patch_members('add members', $group, 'add', @some)
                 : ();
}


sub choose_large {
    my ($self) = @_;
    my @pool = shuffle keys %{ $self->{pooled} };
    my @most = @pool[ 0 .. 500 + int rand(@pool - 500) ];
    my ($group) = $self->free_groups(1);

    return keys %{ $self->{large} } < $LARGE
        ? $self->create_group('create large group', @most) : ()
        if !$group;

    my $dice = rand;
    return $self->remove('delete large group', 'groups', $group)
        if $dice < 0.3;
    return $self->replace_group('replace large group', $group, @most)
        if $dice < 0.7;

    my $has = $self->{groups}{$group}{members};
    my ($in) = grep { $has->{$_} } @pool;
    return $self->patch_members('patch large group', $group, 'remove', $in);
}


# --- carrying out -----------------------------------------------------------

sub lock_all { my ($self, $change) = @_;
               $self->{locked}{$_}++ for @{ $change->{locks} } }

sub unlock {
    my ($self, $change) = @_;
    for (@{ $change->{locks} }) {
        delete $self->{locked}{$_} if --$self->{locked}{$_} <= 0;
    }
}

sub leave_unsettled {
    my ($self, $change, $applied) = @_;
    $self->lock_all($change);
    push @{ $self->{unsettled} }, [ $change, $applied ];
}


sub step {
    my ($self) = @_;
    return $self->bulk if rand() < 0.05;

    my $change = $self->choose or return;
    my $res = $self->call(@$change{qw(method path data)});

    return $self->acknowledged($change, $res) if !$res->{unknown};

    sleep 0.05 + rand 0.1;
    return $self->leave_unsettled($change, 0) if rand() < 0.5;
    return $self->repeat($change);
}


# returns the id
sub acknowledged {
    my ($self, $change, $res) = @_;
    my $id = $change->{id} // $res->{body}{id};
    my $status = $res->{status};
    my $wanted = $change->{method} eq 'POST' ? 201
               : $change->{method} eq 'DELETE' ? 204
               : $change->{path} =~ /Groups/ && $change->{method} eq 'PATCH'
               ? 204 : 200;

    if ($status != $wanted) {
        $self->problem("$change->{what} $change->{path}: $status "
                       . ($res->{text} // ''));
        return;
    }

    $self->{what}{ $change->{what} }++;
    $change->{apply}->($id);

    return $id if $status == 204;
    my $is = $self->actual($change->{type}, { %$res, status => 200 });
    my $must = $self->expected($change->{type}, $id);
    $self->differs("$change->{what} $id, as answered", $is, $must)
        if $is ne $must;
    return $id;
}


# as an identity provider does
sub repeat {
    my ($self, $change) = @_;
    my $until = time + $RETRIES;
    $self->{count}{repeated}++;

    while (1) {
        my $res = $self->call(@$change{qw(method path data)});
        my $done = $self->done_before($change, $res);

        if (defined $done) {
            $self->{what}{ $change->{what} }++;
            $change->{apply}->($done);
        }
        elsif (!$res->{unknown}) {
            $done = $self->acknowledged($change, $res);
        }
        if (defined $done || !$res->{unknown}) {
            # an earlier try may still be on its way
            push @{ $change->{locks} }, $done
                if defined $done && $change->{method} eq 'POST';
            return $self->leave_unsettled($change, 1);
        }
        if (time > $until) {
            $self->problem("$change->{what}: no service for $RETRIES s");
            return $self->leave_unsettled($change, 0);
        }
        sleep 0.05 + rand 0.15;
    }
}


# the id, if the answer says that an earlier try was carried out
sub done_before {
    my ($self, $change, $res) = @_;
    return $change->{id}
        if $change->{method} eq 'DELETE' && $res->{status} == 404;
    return if $change->{method} ne 'POST' || $res->{status} != 409;
    my @found = $self->find($change);
    $self->problem("$change->{what}: 409, and there is no such") if !@found;
    return $found[0];
}


# ids of resources with the name of what is to be made
sub find {
    my ($self, $change) = @_;
    my $attr = $change->{type} eq 'users' ? 'userName' : 'displayName';
    my $res = $self->read_until('/' . ucfirst($change->{type}) . '?filter='
        . SCIM::escape(qq($attr eq "$change->{name}")) . '&attributes=id');
    my @ids = map { $_->{id} } @{ $res->{body}{Resources} || [] };
    $self->problem("$change->{name}: " . @ids . ' resources have this name')
        if @ids > 1;
    return @ids;
}


# some changes in one request; what is not acknowledged is left unsettled
sub bulk {
    my ($self) = @_;
    my (@changes, %touched);

    for (1 .. 12) {
        my $change = $self->choose or next;
        next if $change->{what} =~ /large/
            || grep { $touched{$_}++ } @{ $change->{locks} };
        push @changes, $change;
    }

    return if !@changes;

    my $k = 0;
    my $res = $self->call('POST', '/Bulk', { schemas => [ $BULK ],
        Operations => [ map { { method => $_->{method}, path => $_->{path},
            $_->{method} eq 'POST' ? (bulkId => 'b' . ++$k) : (),
            defined $_->{data} ? (data => $_->{data}) : () } } @changes ] });

    $self->{what}{bulk}++ if $res->{status} == 200;
    return $self->bulk_answered($res, @changes);
}


sub bulk_answered {
    my ($self, $res, @changes) = @_;
    my @answers = @{ $res->{body}{Operations} || [] };

    return $self->problem("bulk: $res->{status} " . ($res->{text} // ''))
        if !$res->{unknown} && ($res->{status} != 200
                                || @answers != @changes);

    for my $i (0 .. $#changes) {
        my $change = $changes[$i];
        my $answer = $answers[$i] || {};
        my $status = $answer->{status} // 503;

        if ($status == 503) {
            $self->leave_unsettled($change, 0);
        }
        elsif ($status < 300) {
            my ($id) = $answer->{location} =~ m{/(\w+)$};
            $self->{what}{"$change->{what} in a bulk"}++;
            $change->{apply}->($id);
        }
        else {
            $self->problem("bulk: $change->{what} $change->{path}: "
                           . text($answer));
        }
    }
}


# --- settling ---------------------------------------------------------------

# Finds out what became of changes of unknown outcome. To be called when Redis
# has nothing left of connections that were given up.
sub settle {
    my ($self) = @_;
    my @list = splice @{ $self->{unsettled} };

    for (@list) {
        my ($change, $applied) = @$_;
        $applied ? $self->verify_change($change) : $self->resolve($change);
    }
    $self->unlock($_->[0]) for @list;
}


sub verify_change {
    my ($self, $change) = @_;
    my ($id) = $change->{id} // $self->find($change);
    $self->verify($change->{type}, $id, "$change->{what}, repeated")
        if defined $id;
}


sub resolve {
    my ($self, $change) = @_;
    my ($type, $what) = @$change{qw(type what)};
    my $id = $change->{id};
    my $done;

    if (!defined $id) {
        ($id) = $self->find($change);
        $done = defined $id;
        $change->{apply}->($id) if $done;
        $self->verify($type, $id, "$what, unknown") if $done;
    }
    else {
        my ($is, $before) = ($self->look($type, $id),
                             $self->expected($type, $id));
        $done = $is ne $before;
        $change->{apply}->($id) if $done;
        my $after = $self->expected($type, $id);
        $self->differs("$what, unknown: $type $id", $is, $before, $after)
            if $done && $is ne $after;
    }

    $self->{count}{ $done ? 'found done' : 'found undone' }++;
}


# --- checkpoints ------------------------------------------------------------

# Compares all that is its own with what the server has, while there is no
# fault. Returns what the whole is checked with.
sub checkpoint {
    my ($self, $whole) = @_;
    my @users = keys %{ $self->{users} };
    my @pooled = grep { $self->{pooled}{$_} } @users;

    $self->verify('users', $_, 'at a checkpoint')
        for (grep { !$self->{pooled}{$_} } @users),
            ($whole ? @pooled : some(20, @pooled));
    $self->verify('groups', $_, 'at a checkpoint')
        for keys %{ $self->{groups} };
    $self->verify($self->{gone}{$_}, $_, 'at a checkpoint')
        for some(40, keys %{ $self->{gone} });
    $self->{gone} = {};

    my %report = (
        events => $self->{events}, changed => $self->{changed} || {},
        users => { map { $_ => $self->{users}{$_}{version} } @users },
        groups => { map { $_ => $self->{groups}{$_}{version} }
                    keys %{ $self->{groups} } },
        map { $_ => $self->{$_} } qw(problems broken count what slowest),
        'joined',
    );
    @$self{qw(events problems broken)} = ([], [], []);
    return \%report;
}


# the users of large groups
sub make_pool {
    my ($self) = @_;

    while (keys %{ $self->{pooled} } < $self->{pool}) {
        my @changes = map { $self->create_user } 1 .. 50;
        my $k = 0;
        my $res = $self->call('POST', '/Bulk', { schemas => [ $BULK ],
            Operations => [ map { { method => 'POST', path => '/Users',
                bulkId => 'p' . ++$k, data => $_->{data} } } @changes ] });
        $self->bulk_answered($res, @changes);
        $self->settle;
        return if @{ $self->{problems} };
        $self->{pooled}{$_} = 1 for keys %{ $self->{users} };
    }
}


# --- a process --------------------------------------------------------------

# Works until it is told otherwise, a line each: "settle", "check", "whole" (a
# check of everything), "go", "end". Answers each but the last with a line.
sub serve {
    my ($self, $in, $out) = @_;
    my $working = 0;
    my $bits = '';
    vec($bits, fileno $in, 1) = 1;

    $out->autoflush(1);
    $self->make_pool if $self->{pool};

    while (1) {
        if ($working && !select my $ready = $bits, undef, undef, 0) {
            $self->step;
            next;
        }
        defined(my $word = readline $in) or return;
        chomp $word;
        return if $word eq 'end';
        $self->settle if $word ne 'go';
        $working = 1 if $word eq 'go' || $word eq 'settle';
        $working = 0 if $word eq 'check' || $word eq 'whole';
        print {$out} text($working ? {} : $self->checkpoint($word eq 'whole')),
            "\n";
    }
}

1;
