package SCIM::Population;

# Organizations as in life, on a machine of t/matrix: users, nested groups, tokens
# and OAuth clients; and everything that can be seen of them, to be compared later.
#
#   my $population = SCIM::Population->make($machine, 'alpha', 'beta');
#   my $before = $population->seen;
#   ...
#   is_deeply $population->seen, $before;

use strict;
use warnings;

use JSON::PP;

my $json = JSON::PP->new->utf8->canonical;
my $USERS = 30;


sub make {
    my ($class, $machine, @names) = @_;
    my $self = bless { machine => $machine, tokens => {} }, $class;
    $self->make_organization($_) for @names;
    return $self;
}


sub make_organization {
    my ($self, $org) = @_;
    my $machine = $self->{machine};

    $machine->scimctl('org', 'create', $org, '--name', "\u$org & Sons");
    chomp(my $token = $machine->scimctl('token', 'issue', $org, 'entra'));
    chomp(my $reader = $machine->scimctl('token', 'issue', $org, 'reader',
        '--scope', 'ro'));
    my ($id, $secret) = $machine->scimctl('client', 'create', $org, 'okta')
        =~ /^client_(?:id|secret) +(\S+)$/mg;
    my $client = $machine->client($token);
    my $access = access_token($client, $id, $secret);

    $self->{tokens}{$org} = { entra => $token, reader => $reader,
        access => $access, client => [ $id, $secret ] };
    fill($client, $org);
}


sub access_token {
    my ($client, $id, $secret) = @_;
    my $res = $client->request('POST', '/oauth/token', undef, root => '',
        token => '', raw => "grant_type=client_credentials&client_id=$id"
            . "&client_secret=$secret",
        headers => { 'Content-Type' => 'application/x-www-form-urlencoded' });
    return $res->{body}{access_token}
        || die "no access token: $res->{status} $res->{text}\n";
}


sub fill {
    my ($client, $org) = @_;
    my @users = map { done($client->post('/Users', {
        userName => "user$_\@$org.example", externalId => "x$_",
        displayName => "Usér $_", active => JSON::PP::true,
        emails => [ { value => "user$_\@$org.example", type => 'work' } ],
    })) } 1 .. $USERS;

    my $team = done($client->post('/Groups', { displayName => 'Team',
        members => [ map { { value => $_->{id} } } @users[0 .. 19] ] }));
    done($client->post('/Groups', { displayName => 'All',
        members => [ map { { value => $_->{id} } } $team, @users[20 .. 24] ] }));
    done($client->post('/Groups', { displayName => 'Nobody' }));

    done($client->patch("/Users/$_->{id}", [ { op => 'replace',
        path => 'active', value => JSON::PP::false } ])) for @users[3, 7];
    done($client->patch("/Groups/$team->{id}", [ { op => 'remove',
        path => qq{members[value eq "$users[0]{id}"]} } ]));
    done($client->delete("/Users/$users[29]{id}"));
}


sub done {
    my ($res) = @_;
    die "$res->{status} $res->{text}\n" if $res->{status} !~ /^20[014]$/;
    return $res->{body};
}


# All answers and all that scimctl lists, without when a token was last used.
sub seen {
    my ($self) = @_;
    my ($machine, %seen) = $self->{machine};

    for my $org (sort keys %{ $self->{tokens} }) {
        my $tokens = $self->{tokens}{$org};
        for my $name (qw(entra reader access)) {
            my $client = $machine->client($tokens->{$name});
            $seen{$org}{$name} = [ map { pages($client, $_) } qw(Users Groups) ];
        }
        $seen{$org}{client} = access_token($machine->client(''),
            @{ $tokens->{client} }) ne '';
        $seen{$org}{$_} = listed($machine, $_, 'list', $org)
            for qw(token client);
    }
    $seen{organizations} = listed($machine, 'org', 'list');
    return \%seen;
}


sub listed {
    my ($machine, @words) = @_;
    my $text = $machine->scimctl('--json', @words);
    return [ sort map {
        my $object = $json->decode($_);
        delete $object->{used};
        $json->encode($object);
    } split /\n/, $text ];
}


# All resources of a type, each as text. Redis promises no order of the members of a
# group and of the groups of a user, so that these are sorted.
sub pages {
    my ($client, $type) = @_;
    my ($first, @seen) = (1);
    while (1) {
        my $res = $client->get("/$type?startIndex=$first&count=100");
        return "$res->{status} $res->{text}" if $res->{status} != 200;
        for my $resource (@{ $res->{body}{Resources} }) {
            for my $list (grep { $_ } @$resource{qw(members groups)}) {
                @$list = sort { $a->{value} cmp $b->{value} } @$list;
            }
            push @seen, $json->encode($resource);
        }
        $first += 100;
        return \@seen if $first > $res->{body}{totalResults};
    }
}


# the values that are needed to compare after the machine has started again
sub save {
    my ($self, $file) = @_;
    open my $out, '>', $file or die "$file: $!\n";
    print {$out} $json->encode({ tokens => $self->{tokens}, seen => $self->seen });
    close $out or die "$file: $!\n";
}


# returns the population and what was seen of it
sub load {
    my ($class, $machine, $file) = @_;
    my $saved = $json->decode(SCIM::_slurp($file));
    return (bless({ machine => $machine, tokens => $saved->{tokens} }, $class),
            $saved->{seen});
}


# a token that tells whether nginx and Redis serve
sub a_token {
    my ($self) = @_;
    my ($org) = sort keys %{ $self->{tokens} };
    return $self->{tokens}{$org}{entra};
}

1;
